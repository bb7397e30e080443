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

/// The place that a class and a method speak of.
pub(super) fn place<'a>(function: &'a str, class: &'a str) -> Place<'a> {
    let simple = class.rsplit('.').next().unwrap_or(class);
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

/// Whether letters and digits are no word, which has small letters behind its first one.
fn is_drawn(hash: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    hash.bytes().all(is_part)
        && hash.bytes().skip(1).any(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
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
        check("a.B$_Inner", "run", "a.B$_Inner", "run");
        check("a.B", "load$default", "a.B", "load");
        check("a.B$$anonfun$load$1", "apply", "a.B", "load");
        check("a.B$", "$anonfun$load$1", "a.B", "load");
        check("a.B$_load_closure2", "doCall", "a.B", "load");
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
