//! Brings the names of functions and of what they stand in to the form their author wrote, whatever
//! the compiler or the runtime made of them.

mod asset;
mod folder;
mod glue;
mod host;
mod java;
mod rust;

use std::borrow::Cow;

use crate::event::Frame;
use crate::stacktrace::in_app::path_of;
use crate::stacktrace::scan::{base_name, split_at_last};

/// Minifiers leave one long line.
const MINIFIED_COLUMN_MIN: u32 = 200;

/// What the name of a function tells.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Name<'a> {
    /// A name that its author gave.
    Own(Cow<'a, str>),
    /// A function without one, such as a closure: the function around it has one.
    Anonymous,
    /// The top of a file, outside every function.
    TopLevel,
    /// Code that nobody wrote, such as a proxy: the frame is left out.
    Generated,
}

/// The ways languages have of naming things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    DotNet,
    Go,
    Java,
    JavaScript,
    Php,
    Python,
    Ruby,
    Rust,
    Other,
}

/// The function of a frame and the module or file it is in.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place<'a> {
    pub(super) name: Name<'a>,
    pub(super) scope: Cow<'a, str>,
}

impl<'a> Place<'a> {
    /// The place of a frame among those around it, which tell more of what compilers made.
    pub(super) fn among(frames: &'a [Frame], at: usize) -> Option<Self> {
        let frame = frames.get(at)?;
        let language = language_of(frame);
        let mut place = Self::of(frame, language);
        if language == Language::JavaScript
            && matches!(place.name, Name::Own(_))
            && glue::is_glue(frames, at)
        {
            place.name = Name::Generated;
        }
        Some(place)
    }

    fn of(frame: &'a Frame, language: Language) -> Self {
        let function = frame.function.as_deref().unwrap_or_default();
        let module = frame.module.as_deref().filter(|it| !it.is_empty());
        let path = path_of(frame);
        match language {
            Language::Rust if function.is_empty() => in_file(Name::Anonymous, path, module),
            Language::Rust => rust::place(function, module),
            Language::DotNet => dotnet(function, module.unwrap_or_default()),
            Language::Java => java::place(function, module.unwrap_or_default()),
            Language::Php => php(function, module, path),
            Language::Go => Self {
                name: go(function),
                scope: Cow::Borrowed(module.unwrap_or_else(|| base_name(path))),
            },
            Language::JavaScript => {
                Self { name: javascript(function, frame.colno), scope: asset::name(path) }
            }
            Language::Python => in_file(python(function), path, module),
            Language::Ruby if is_template(path) => {
                Self { name: Name::TopLevel, scope: Cow::Borrowed(below_views(path)) }
            }
            Language::Ruby => in_file(ruby(function), path, module),
            Language::Other => in_file(other(function), path, module),
        }
    }
}

/// A place in a language whose files are modules.
fn in_file<'a>(name: Name<'a>, path: &'a str, module: Option<&'a str>) -> Place<'a> {
    let scope = match base_name(path) {
        "" => Cow::Borrowed(module.unwrap_or_default()),
        // Every package has this file: the package is what has a name.
        file @ "__init__.py" => Cow::Borrowed(directory_of(path, file)),
        file => folder::before(path, file).map_or(Cow::Borrowed(file), Cow::Owned),
    };
    Place { name, scope }
}

/// The name of the directory that a file is in; the file's own name where there is none.
fn directory_of<'a>(path: &'a str, file: &'a str) -> &'a str {
    let directory = path.strip_suffix(file).and_then(|it| it.strip_suffix(['/', '\\']));
    directory.map(base_name).filter(|name| !name.is_empty()).unwrap_or(file)
}

fn language_of(frame: &Frame) -> Language {
    let function = frame.function.as_deref().unwrap_or_default();
    let module = frame.module.as_deref().filter(|it| !it.is_empty());
    language(path_of(frame), module, function)
}

fn language(path: &str, module: Option<&str>, function: &str) -> Language {
    let end = path.bytes().position(|byte| matches!(byte, b'?' | b'#')).unwrap_or(path.len());
    let extension =
        split_at_last(base_name(path.get(..end).unwrap_or(path)), b'.').map(|(_, it)| it);
    match extension {
        Some("py" | "pyx" | "pxi" | "pyw") => Language::Python,
        Some(
            "js" | "mjs" | "cjs" | "jsx" | "ts" | "mts" | "cts" | "tsx" | "vue" | "svelte"
            | "bundle" | "jsbundle",
        ) => Language::JavaScript,
        Some("java" | "kt" | "kts" | "scala" | "groovy") => Language::Java,
        Some("go" | "s") => Language::Go,
        Some("rb" | "erb" | "haml" | "slim" | "rake" | "ru") => Language::Ruby,
        Some("php" | "phtml" | "phar") => Language::Php,
        Some("cs" | "vb" | "fs" | "razor") => Language::DotNet,
        Some("rs") => Language::Rust,
        _ if path.starts_with("http") || path.starts_with("node:") => Language::JavaScript,
        _ if module.is_some_and(|it| it.contains("::")) || function.contains("::") => {
            Language::Rust
        }
        _ if module.is_some_and(|it| it.contains('.')) => match function.starts_with('<') {
            true => Language::DotNet,
            false if is_dotnet_type(module.unwrap_or_default()) => Language::DotNet,
            false => Language::Java,
        },
        _ => Language::Other,
    }
}

/// Namespaces of .NET start with a capital letter, packages of Java do not.
fn is_dotnet_type(module: &str) -> bool {
    module.starts_with(|first: char| first.is_uppercase())
}

fn own(name: &str) -> Name<'_> {
    if name.is_empty() { Name::Anonymous } else { Name::Own(Cow::Borrowed(name)) }
}

fn other(function: &str) -> Name<'_> {
    match function {
        "<module>" | "<main>" | "{main}" => Name::TopLevel,
        _ if function.starts_with(['<', '{', '?']) => Name::Anonymous,
        _ => own(function),
    }
}

/// Since 3.11 compiled code also knows the class: only the last part of a dotted name counts.
fn python(function: &str) -> Name<'_> {
    let name = function.rsplit('.').next().unwrap_or(function);
    match name {
        "<module>" => Name::TopLevel,
        _ if name.starts_with('<') => Name::Anonymous,
        _ => own(name),
    }
}

/// `Object.run`, `Module.run`, `async Store.run [as next]` and `new Store` are one function to the
/// person who wrote it.
fn javascript(function: &str, column: Option<u32>) -> Name<'_> {
    let name = function.split(" [as ").next().unwrap_or(function);
    // Firefox and Safari: `async*run`, `run/<`, `run/inner<`.
    let name = name.rsplit('*').next().unwrap_or(name);
    let name = name.split('/').next().unwrap_or(name);
    let name = name.trim_end_matches('<');
    let name = name.rsplit(['.', ' ', '#']).next().unwrap_or(name);
    let is_minified = column >= Some(MINIFIED_COLUMN_MIN) && is_minified(name);
    match name {
        "<anonymous>" | "anonymous" | "eval" | "?" => Name::Anonymous,
        // What Node calls the callback of a timer.
        "_onTimeout" | "_onImmediate" => Name::Anonymous,
        "global code" | "module code" | "code" => Name::TopLevel,
        _ if glue::is_certain(name) => Name::Generated,
        _ if is_minified || glue::is_body(name) => Name::Anonymous,
        _ => own(name),
    }
}

/// Minifiers give names of one or two letters, then of three, other ones in each build. People write
/// words of three small letters, such as `run`.
fn is_minified(name: &str) -> bool {
    match name.len() {
        0..=2 => true,
        3 => !name.bytes().all(|byte| byte.is_ascii_lowercase()),
        _ => false,
    }
}

fn go(function: &str) -> Name<'_> {
    let name = function.split('[').next().unwrap_or(function);
    let name = name.strip_suffix("-fm").unwrap_or(name);
    let is_generated = |part: &str| {
        let number = ["func", "gowrap", "deferwrap"]
            .iter()
            .find_map(|start| part.strip_prefix(start))
            .unwrap_or(part);
        number.bytes().all(|byte| byte.is_ascii_digit())
    };
    let mut end = name.len();
    while let Some((start, part)) = name.get(..end).and_then(|it| it.rsplit_once('.'))
        && is_generated(part)
    {
        end = start.len();
    }
    match name.get(..end).unwrap_or(name) {
        // Closures of variables of the package, before and since 1.21.
        "glob" | "init" if end < name.len() => Name::Anonymous,
        name => own(name),
    }
}

/// `block (2 levels) in run`, `rescue in run`, and since 3.4 `Store#run`.
fn ruby(function: &str) -> Name<'_> {
    let name = function.rsplit(" in ").next().unwrap_or(function);
    let name = name.rsplit(['#', '.']).next().unwrap_or(name);
    if name.starts_with('<') { Name::TopLevel } else { own(name) }
}

/// Whether a method was made of a template: its name holds numbers of the process.
fn is_template(path: &str) -> bool {
    [".erb", ".haml", ".slim"].iter().any(|end| path.ends_with(end))
}

/// A template is named by its path below the views, because each folder has an `index` and a `_form`.
fn below_views(path: &str) -> &str {
    path.rsplit_once("views/").map_or_else(|| base_name(path), |(_, template)| template)
}

/// What the code of a file outside its functions is called: by how it came to run.
const TOP_LEVEL: [&str; 5] = ["{main}", "include", "include_once", "require", "require_once"];

fn php<'a>(function: &'a str, module: Option<&'a str>, path: &'a str) -> Place<'a> {
    let split = function.rsplit_once("->").or(function.rsplit_once("::"));
    let (class, method) = match split {
        Some((class, method)) if !function.contains("{closure") => (Some(class), method),
        _ => (module, function),
    };
    let (name, file) = match method.split_once("{closure") {
        Some((_, around)) => php_closure(around),
        None if TOP_LEVEL.contains(&method) => (Name::TopLevel, None),
        None => (own(method), None),
    };
    // A closure is bound to the class that calls it, which need not be in the file that it is in.
    let is_bound = |class: &str| {
        let class = class.rsplit('\\').next().unwrap_or(class);
        name == Name::Anonymous
            && !class.contains('@')
            && base_name(path)
                .split('.')
                .next()
                .is_some_and(|stem| !stem.is_empty() && stem != class)
    };
    let scope = match (file, class) {
        (Some(file), _) => file,
        // The rest of the name of an anonymous class is the path of its file.
        (None, Some(class)) if !is_bound(class) => {
            class.split("@anonymous").next().unwrap_or(class)
        }
        _ => base_name(path),
    };
    Place { name, scope: Cow::Borrowed(scope) }
}

/// The name of the function that a closure stands in, or the file of one outside of functions. Since 8.4
/// its own name tells: `{closure:Store::run():12}`, `{closure:/srv/routes/web.php:3}`.
fn php_closure(around: &str) -> (Name<'_>, Option<&str>) {
    let Some(around) = around.strip_prefix(':') else {
        return (Name::Anonymous, None);
    };
    match around.split_once("()") {
        Some((function, _)) => (own(function.rsplit([':', '\\']).next().unwrap_or(function)), None),
        None => {
            let path = around.rsplit_once(':').map_or(around, |(path, _)| path);
            (Name::Anonymous, Some(base_name(path)))
        }
    }
}

/// `Store.<Run>d__3.MoveNext`, `Store.<>c.<Run>b__0_1`, `Store.<Run>g__Local|0_0`.
fn dotnet<'a>(function: &'a str, class: &'a str) -> Place<'a> {
    // State machines carry the method in the name of a class, closures in their own.
    let starts = [".<", "+<"];
    let first = starts.iter().filter_map(|start| class.find(*start)).min();
    let (outer, inner) = first.and_then(|at| class.split_at_checked(at)).unwrap_or((class, ""));
    let last = starts.iter().filter_map(|start| inner.rfind(*start)).max();
    let written = last.and_then(|at| inner.get(at + ".<".len()..)).and_then(angled);
    let in_brackets = function.strip_prefix('<').and_then(angled);
    let plain = if function.starts_with('<') { "" } else { function };
    let method = in_brackets.or(written).unwrap_or(plain);
    let method = method.split(['[', '`', '(']).next().unwrap_or(method);
    // With all that stands before a method where it is declared: `async Task Store.Load(int id)`.
    let method = match method.rsplit_once(' ') {
        Some((_, declared)) => declared.rsplit('.').next().unwrap_or(declared),
        None => method,
    };
    let name =
        if method.is_empty() || method == "lambda_method" { Name::Anonymous } else { own(method) };
    let scope = outer.split(['`', '[']).next().unwrap_or(outer);
    // Stacks separate a class inside another one by a dot, reflection by a plus sign.
    let scope =
        if scope.contains('+') { Cow::Owned(scope.replace('+', ".")) } else { scope.into() };
    Place { name, scope }
}

/// What the author called the function that the compiler made another of, behind the opening bracket:
/// `Run>d__5`, `<Run>b__0>d`, `Run>g__Load|4_0`, `<Main>$>b__0`.
fn angled(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('<').unwrap_or(text);
    let local = inner.split_once(">g__").and_then(|(_, local)| local.split(['|', '>']).next());
    let name = local.or(inner.split_once('>').map(|(around, _)| around));
    name.filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, module: &str, function: &str, expected: &str) {
        let frame = Frame {
            abs_path: Some(path.to_owned()),
            module: Some(module.to_owned()),
            function: Some(function.to_owned()),
            ..Frame::default()
        };
        let place = Place::of(&frame, language_of(&frame));
        let name = match &place.name {
            Name::Own(name) => name.as_ref(),
            Name::Anonymous => "anonymous",
            Name::TopLevel => "top level",
            Name::Generated => "generated",
        };
        assert_eq!(format!("{} {name}", place.scope), expected, "{function}");
    }

    #[test]
    fn what_the_author_wrote_is_found_again() {
        check("/a/b.py", "", "Store.run.<locals>.<lambda>", "b.py anonymous");
        check("/a/b.py", "", "Store.run.<locals>.inner", "b.py inner");
        check("/a/b.js", "", "new Store", "b Store");
        check("/a/b.js", "", "async Store.run [as next]", "b run");
        check("/a/b.js", "", "promise callback*run/<", "b run");
        check("/a/b.js", "", "_callee2$", "b anonymous");
        check("/a/b.js", "", "__awaiter", "b generated");
        check("/a/shop/__init__.py", "", "run", "shop run");
        check("/srv/a/src/orders/models.py", "", "Order.save", "orders/models.py save");
        check("/srv/a/src/orders/index.js", "", "run", "orders/index run");
        check("/srv/a/src/orders/store.js", "", "run", "store run");
        check("B.java", "org.example.B$1$2", "lambda$run$7", "org.example.B run");
        check("", "org.example.B$$Lambda$9/0x1f", "run", "org.example.B run");
        check("", "org.example.$Proxy3", "run", "org.example.$Proxy3 generated");
        check("B.kt", "org.example.B", "run$lambda-2", "org.example.B run");
        check("/a/b.go", "example.org/a", "(*B).run.func1.2", "example.org/a (*B).run");
        check("/a/b.go", "example.org/a", "Map[...]", "example.org/a Map");
        check("/a/b.go", "example.org/a", "glob..func3", "example.org/a anonymous");
        check("/a/b.go", "example.org/a", "init.func2", "example.org/a anonymous");
        check("/a/b.rb", "", "block (2 levels) in run", "b.rb run");
        check("/a/b.rb", "", "rescue in B::C#run", "b.rb run");
        check("/a/b.rb", "", "block in <main>", "b.rb top level");
        check("/a/b.html.erb", "", "_a_b_html_erb___12_34", "b.html.erb top level");
        check("app/views/users/_form.html.erb", "", "_app", "users/_form.html.erb top level");
        check("/a/B.php", "", "A\\B::run", "A\\B run");
        check("/a/B.php", "", "require_once", "B.php top level");
        check("/a/B.php", "A\\B", "A\\{closure}", "A\\B anonymous");
        check("/a/B.php", "A\\B", "{closure:A\\B::run():12}", "A\\B run");
        check("/a/web.php", "A\\Route", "{closure:/a/web.php:12}", "web.php anonymous");
        check("/a/web.php", "A\\Route", "{closure}", "web.php anonymous");
        check("/a/web.php", "", "{closure:A\\run():3}", "web.php run");
        check("/a/B.php", "A\\B@anonymous\u{0}/a/B.php:3$0", "run", "A\\B run");
        check("/a/B.cs", "A.B.<Run>d__3", "MoveNext", "A.B Run");
        check("/a/B.cs", "A.B.<>c__DisplayClass3_0", "<Run>b__0", "A.B Run");
        check("", "A.B`1", "<Run>g__Local|3_0", "A.B Local");
        check("", "A.B.<>c__DisplayClass5_0.<<Run>b__0>d", "MoveNext", "A.B Run");
        check("", "A.B+<>c__DisplayClass7_0+<<Run>b__1>d", "MoveNext", "A.B Run");
        check("", "A.B.<<Run>g__Load|4_0>d", "MoveNext", "A.B Load");
        check("a.cs", "Program", "<<Main>$>g__Load|0_0", "Program Load");
        check("a.cs", "Program.<<Main>$>d__0", "MoveNext", "Program Main");
        check("B.cs", "A.B+C", "async Task<int> Run(int id)", "A.B.C Run");
        check("src/b.rs", "", "", "b.rs anonymous");
    }

    #[test]
    fn minified_names_say_nothing() {
        assert_eq!(javascript("t", Some(4410)), Name::Anonymous);
        assert_eq!(javascript("aXe", Some(4410)), Name::Anonymous);
        assert_eq!(javascript("run", Some(4410)), own("run"));
        assert_eq!(javascript("t", Some(9)), own("t"));
    }
}
