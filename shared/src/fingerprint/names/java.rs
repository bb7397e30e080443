//! Names of the Java virtual machine: what compilers of Java, Kotlin, Scala and Groovy, and generators
//! of classes, make of the names in a source.

use std::borrow::Cow;

use super::{Name, Place, own};
use crate::stacktrace::scan::split_at;

/// Starts of classes that are made while a program runs.
const GENERATED_CLASSES: [&str; 4] =
    ["$Proxy", "GeneratedMethodAccessor", "GeneratedConstructorAccessor", "_BOUNDARY"];
/// Starts of methods that a compiler adds.
const GENERATED_METHODS: [&str; 3] = ["access$", "$deserializeLambda$", "lambda$null$"];
/// What the body of a function is called where a class was made of it.
const BODIES: [&str; 5] = ["apply", "doCall", "invoke", "invokeSuspend", "call"];

/// What Clojure calls the body of a function, which it makes a class of.
const CLOJURE_BODIES: [&str; 4] = ["invoke", "invokeStatic", "invokePrim", "doInvoke"];

/// The place that a class and a method speak of.
pub(super) fn place<'a>(function: &'a str, class: &'a str) -> Place<'a> {
    let simple = class.rsplit('.').next().unwrap_or(class);
    if let Some((namespace, function)) = clojure(function, class, simple) {
        return Place { name: own(function), scope: Cow::Borrowed(namespace) };
    }
    let is_generated = GENERATED_CLASSES.iter().any(|start| simple.starts_with(start))
        || GENERATED_METHODS.iter().any(|start| function.starts_with(start));
    let (scope, around) = outer(class);
    let name = match around {
        _ if is_generated => Name::Generated,
        Some(around) if BODIES.contains(&function) => own(around),
        _ => own(method(function)),
    };
    Place { name, scope: Cow::Borrowed(scope) }
}

/// The namespace and the function that a class of Clojure was made of: `shop.core$run`, and for what has no
/// name of its own `shop.core$run$fn__1234`, `shop.core$eval5678`. Namespaces have small letters, classes of
/// other languages do not.
fn clojure<'a>(method: &str, class: &'a str, simple: &str) -> Option<(&'a str, &'a str)> {
    if !CLOJURE_BODIES.contains(&method) || !simple.starts_with(|it: char| it.is_ascii_lowercase())
    {
        return None;
    }
    let (namespace, functions) = class.split_once('$')?;
    let functions = split_at(functions, b'/').map_or(functions, |(functions, _)| functions);
    let written = functions.rsplit('$').map(without_number).find(|name| !name.is_empty());
    Some((namespace, written.unwrap_or_default()))
}

/// `fn__1234`, `eval5678`, and `step__1234` of a function that has a name in another one.
fn without_number(function: &str) -> &str {
    let plain = function.trim_end_matches(|last: char| last.is_ascii_digit());
    if plain.len() == function.len() {
        return function;
    }
    match plain.strip_suffix("__") {
        Some("fn" | "reify") => "",
        Some(name) => name,
        None if matches!(plain, "" | "eval") => "",
        None => function,
    }
}

/// `lambda$run$3`, `$anonfun$run$1`, `run$lambda-3`, `run$default`, `run-IoAF18A`.
fn method(method: &str) -> &str {
    let inner = ["lambda$", "$anonfun$"].iter().find_map(|start| method.strip_prefix(start));
    if let Some(inner) = inner {
        return inner.split('$').next().unwrap_or(inner);
    }
    let plain = match method.find('$') {
        Some(at) if at > 0 => method.get(..at).unwrap_or(method),
        _ => method,
    };
    without_mangling(plain)
}

/// Kotlin ends functions that take or are part of a value class by a hash in base 64 or by `impl`. Other
/// languages have names with a dash: `load-order`, `load-account`.
fn without_mangling(method: &str) -> &str {
    const HASH: usize = 7;
    if let Some(plain) = method.strip_suffix("-impl") {
        return plain;
    }
    let at = method.len().checked_sub(HASH + 1).filter(|at| *at > 0);
    match at.and_then(|at| method.split_at_checked(at)) {
        Some((plain, end)) if end.strip_prefix('-').is_some_and(is_drawn) => plain,
        _ => method,
    }
}

/// Whether letters and digits are no word. People write few capitals, and a number behind the letters:
/// `orderV1`. Of what is drawn few look like that.
fn is_drawn(hash: &str) -> bool {
    const CAPITALS_MAX: usize = 2;
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let letters = hash.trim_end_matches(|last: char| last.is_ascii_digit());
    let is_word = letters.bytes().all(|byte| byte.is_ascii_alphabetic())
        && letters.bytes().filter(u8::is_ascii_uppercase).count() <= CAPITALS_MAX;
    hash.bytes().all(is_part) && !is_word
}

/// The class that a source names, and the function in it that the rest was made of: generators append
/// (`$$Lambda$14/0x8f`, `$$EnhancerByProxy$$1a`, `/0x8f`), anonymous classes have numbers, and compilers make
/// classes of functions (`Store$load$2`, `Store$$anonfun$load$1`, `Store$_load_closure1`).
fn outer(class: &str) -> (&str, Option<&str>) {
    let class = split_at(class, b'/').map_or(class, |(class, _)| class);
    if !class.as_bytes().contains(&b'$') {
        return (class, None);
    }
    if let Some((outer, function)) = class.split_once("$$anonfun$") {
        return (outer, function.split('$').next());
    }
    if let Some((outer, closure)) = class.split_once("$_")
        && let Some((function, _)) = closure.split_once("_closure")
    {
        return (outer, Some(function));
    }
    let mut class = class.split("$$").next().unwrap_or(class);
    let mut is_numbered = false;
    while let Some((outer, number)) = class.rsplit_once('$')
        && number.bytes().all(|byte| byte.is_ascii_digit())
    {
        class = outer;
        is_numbered = true;
    }
    match class.rsplit_once('$') {
        Some((outer, function))
            if is_numbered && function.starts_with(|it: char| it.is_ascii_lowercase()) =>
        {
            (outer, Some(function))
        }
        _ => (class, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_author_wrote_is_found_again() {
        let check = |class, function, scope, name: &str| {
            let place = place(function, class);
            assert_eq!(place.scope, scope, "{class} {function}");
            assert_eq!(place.name, own(name), "{class} {function}");
        };
        check("a.B$1$2", "lambda$run$7", "a.B", "run");
        check("a.B$$Lambda$9/0x1f", "run", "a.B", "run");
        check("a.B/0x1f", "run", "a.B", "run");
        check("a.B$Inner", "run", "a.B$Inner", "run");
        check("a.B$load$2", "invokeSuspend", "a.B", "load");
        check("a.B$load$2", "close", "a.B", "close");
        check("a.B", "load-IoAF18A", "a.B", "load");
        check("a.B", "load-impl", "a.B", "load");
        check("a.B", "load-order", "a.B", "load-order");
        check("a.B", "load-account", "a.B", "load-account");
        check("a.B", "load-Account", "a.B", "load-Account");
        check("a.B", "load-orderV1", "a.B", "load-orderV1");
        check("a.B", "load-orderV2", "a.B", "load-orderV2");
        check("a.B", "load-OrderV2", "a.B", "load-OrderV2");
        check("a.B", "load-bw27NRU", "a.B", "load");
        check("a.B", "load-3ABfNKs", "a.B", "load");
        check("a.B", "load-4IGK_gz", "a.B", "load");
        check("a.B$_Inner", "run", "a.B$_Inner", "run");
        check("a.B", "load$default", "a.B", "load");
        check("a.B$$anonfun$load$1", "apply", "a.B", "load");
        check("a.B$", "$anonfun$load$1", "a.B", "load");
        check("a.B$_load_closure2", "doCall", "a.B", "load");
    }

    #[test]
    fn functions_of_clojure_are_found_again() {
        let check = |class, name: &str| {
            for body in CLOJURE_BODIES {
                let place = place(body, class);
                assert_eq!(place.scope, "shop.core", "{class} {body}");
                assert_eq!(place.name, own(name), "{class} {body}");
            }
        };
        check("shop.core$handler", "handler");
        check("shop.core$handler$fn__1234", "handler");
        check("shop.core$handler$fn__99$fn__100", "handler");
        check("shop.core$handler$step__7", "step");
        check("shop.core$load2", "load2");
        check("shop.core$eval5678", "");
        check("shop.core$eval5678$fn__5679", "");
        check("shop.core$fn__12", "");
        assert_eq!(place("invoke", "a.B$Handler").scope, "a.B$Handler");
    }

    #[test]
    fn code_that_nobody_wrote_is_generated() {
        for (class, function) in
            [("a.$Proxy3", "run"), ("a.B", "access$000"), ("_C._BOUNDARY", "_")]
        {
            assert_eq!(place(function, class).name, Name::Generated, "{class} {function}");
        }
    }
}
