//! Decides whether a frame is the program's own code or that of a library, framework or runtime.

mod known;

use super::scan::{base_name, split_at};
use crate::event::Frame;

/// Whether the frame is the program's own. What the client said about it wins.
pub(crate) fn is_in_app(frame: &Frame) -> bool {
    frame.in_app.unwrap_or_else(|| {
        let path = path_of(frame);
        let module = frame.module.as_deref().unwrap_or_default();
        let function = frame.function.as_deref().unwrap_or_default();
        !(is_runtime_path(path)
            || has_library_directory(path)
            || is_compiled_python(path)
            || is_library_script(path)
            || is_library_module(module)
            || is_library_symbol(module, path)
            || module.is_empty()
                && function.contains("::")
                && (path.is_empty() || path.ends_with(".rs"))
                && is_library_symbol(function, path)
            || is_go_standard(module, path))
    })
}

/// The path that tells most about where a frame's code is installed.
pub(crate) fn path_of(frame: &Frame) -> &str {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref());
    path.unwrap_or_default()
}

/// Code that is part of an interpreter or a browser and has no file of its own.
fn is_runtime_path(path: &str) -> bool {
    const STARTS: [&str; 15] = [
        "<",
        "/var/runtime/",
        "/var/lang/",
        "[",
        "node:",
        "internal/",
        "native",
        "ext:",
        "deno:",
        "bun:",
        "chrome-extension:",
        "moz-extension:",
        "safari-extension:",
        "resource:",
        "/rustc/",
    ];
    /// Modules of Node up to version 14, which have no prefix.
    const NODE_FILES: [&str; 11] = [
        "events.js",
        "net.js",
        "timers.js",
        "fs.js",
        "vm.js",
        "module.js",
        "dns.js",
        "_stream_readable.js",
        "_http_client.js",
        "_http_server.js",
        "util.js",
    ];
    STARTS.iter().any(|start| path.starts_with(start)) || NODE_FILES.contains(&path)
}

/// Whether one of the directories of a path is where package managers and installers put code.
pub(super) fn has_library_directory(path: &str) -> bool {
    let path = path.as_bytes();
    // The module cache of Go and package names with a version look the same on all systems.
    if path.contains(&b'@') && path.array_windows().any(|pair| pair == b"@v") {
        return true;
    }
    let mut before: &[u8] = b"";
    path.split(|byte| matches!(byte, b'/' | b'\\')).any(|directory| {
        let is_library = match directory {
            b"site-packages" | b"dist-packages" | b"node_modules" | b"bower_components"
            | b"vendor" | b"gems" | b"jspm_packages" | b".cargo" | b"rustlib"
            | b"__pypackages__" | b".yarn" => true,
            b"mod" => before == b"pkg",
            b"src" => before.starts_with(b"go-"),
            b"registry" => before == b"cargo",
            b"library" => before == b"rust",
            b"ruby" => before == b"lib" || before == b"include",
            other => {
                (before.eq_ignore_ascii_case(b"lib") && is_python_directory(other))
                    || (other.eq_ignore_ascii_case(b"lib") && is_python_directory(before))
            }
        };
        before = directory;
        is_library
    })
}

/// Sources of compiled modules are not installed with them: they are told by paths relative to
/// wherever the library was built.
pub(super) fn is_compiled_python(path: &str) -> bool {
    let is_source = [".pyx", ".pxi", ".pxd"].iter().any(|end| path.ends_with(end));
    is_source && !path.starts_with('/') && !path.contains(":\\")
}

/// Bundlers put libraries into files of their own, named like this by most of them.
pub(super) fn is_library_script(path: &str) -> bool {
    const STARTS: [&str; 6] =
        ["vendor", "vendors", "chunk-vendors", "polyfills", "jquery", "react-dom"];
    /// Hosts that serve libraries to everybody.
    const HOSTS: [&str; 6] = [
        "ajax.googleapis.com/",
        "cdn.jsdelivr.net/",
        "cdnjs.cloudflare.com/",
        "deno.land/",
        "esm.sh/",
        "unpkg.com/",
    ];
    if let Some(rest) = path.strip_prefix("https://")
        && HOSTS.iter().any(|host| rest.starts_with(host))
    {
        return true;
    }
    let file = base_name(path.split('?').next().unwrap_or(path));
    if !file.ends_with("js") {
        return false;
    }
    STARTS.iter().any(|start| {
        file.strip_prefix(start).is_some_and(|rest| rest.starts_with(['.', '-', '~', '_']))
    })
}

/// `python3.12`, `python3`, `Python312`.
fn is_python_directory(name: &[u8]) -> bool {
    let number = name.strip_prefix(b"python").or(name.strip_prefix(b"Python"));
    number.is_some_and(|number| number.first().is_some_and(u8::is_ascii_digit))
}

/// Packages, namespaces and crates that programs are built on.
fn is_library_module(module: &str) -> bool {
    module.bytes().enumerate().filter(|(_, byte)| *byte == b'.').any(|(dot, _)| {
        let start = module.get(..dot).unwrap_or_default();
        known::MODULES.binary_search(&start).is_ok()
    })
}

/// Whether what is a symbol of Rust is one of a library or of the language.
fn is_library_symbol(symbol: &str, path: &str) -> bool {
    (symbol.contains("::") || path.ends_with(".rs"))
        && crate_of(symbol).is_none_or(is_library_crate)
}

/// The crate of a symbol of Rust: `store` in `store::main`, `<store::Row as Trait>::read` and
/// `<&mut [store::Row]>::read`; none where it is a method of a type of the language.
pub(super) fn crate_of(symbol: &str) -> Option<&str> {
    const OPENING: [char; 5] = ['<', '&', '[', '(', '*'];
    let mut start = symbol.trim_start_matches(OPENING);
    while let Some(rest) =
        ["mut ", "const ", "dyn ", "impl "].iter().find_map(|word| start.strip_prefix(word))
    {
        start = rest.trim_start_matches(OPENING);
    }
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || *byte == b'_' || *byte >= 0x80;
    let (root, rest) = start.split_at_checked(start.bytes().take_while(is_name).count())?;
    let is_type = symbol.starts_with(OPENING) || root == "fn";
    (!is_type || rest.starts_with("::")).then_some(root)
}

/// Crates that are part of Rust, and those that drive most programs.
pub(super) fn is_library_crate(name: &str) -> bool {
    known::CRATES.contains(&name)
}

/// Packages of Go's standard library have no dot in the first part of their path; neither have
/// packages of programs named without a host, so the names are listed, and the path has to be that of
/// the standard library: `/usr/local/go/src/net/http/server.go`, `net/http/server.go`.
fn is_go_standard(package: &str, path: &str) -> bool {
    let root = split_at(package, b'/').map_or(package, |(root, _)| root);
    (path.ends_with(".go") || path.ends_with(".s"))
        && known::ROOTS.binary_search(&root).is_ok()
        && directory_of(path).is_none_or(|directory| {
            let before = directory.strip_suffix(package);
            before.is_some_and(|it| it.is_empty() || it.ends_with("/src/"))
        })
}

/// The directory that a file is in, where the path tells one.
fn directory_of(path: &str) -> Option<&str> {
    let file = base_name(path);
    path.strip_suffix(file)?.strip_suffix(['/', '\\'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, module: &str, expected: bool) {
        let frame = Frame {
            abs_path: Some(path.to_owned()),
            module: Some(module.to_owned()),
            ..Frame::default()
        };
        assert_eq!(is_in_app(&frame), expected, "{path} {module}");
    }

    #[test]
    fn libraries_are_told_by_their_place() {
        check("/srv/x/lib/python_tools/a.py", "", true);
        check("/usr/lib/python3.12/asyncio/runners.py", "", false);
        check("C:\\Python312\\Lib\\json\\decoder.py", "", false);
        check("/srv/venv/lib/python3.12/site-packages/q/a.py", "", false);
        check("/srv/a/node_modules/q/b.js", "", false);
        check("/srv/a/src/b.js", "", true);
        check("node:internal/timers", "", false);
        check("<frozen importlib._bootstrap>", "", false);
        check("/srv/a/vendor/q/src/B.php", "", false);
        check("/usr/lib/ruby/3.2.0/json.rb", "", false);
        check("/home/u/go/pkg/mod/q.example/r@v1.2.3/s.go", "q.example/r", false);
        check("q.example/r@v1.2.3/s.go", "q.example/r", false);
        check("frames/_libs/index.pyx", "", false);
        check("/srv/a/fast.pyx", "", true);
        check("https://x.example/assets/vendor.99aa31c2.js", "", false);
        check("https://x.example/assets/vendors.js", "", false);
        check("https://x.example/assets/vendor/own.js", "", false);
        check("https://x.example/assets/vendoring.js", "", true);
        check("https://unpkg.com/q@1.2.3/q.js", "", false);
    }

    #[test]
    fn libraries_are_told_by_their_name() {
        check("Thread.java", "java.lang.Thread", false);
        check("Load.java", "org.example.Load", true);
        check("/usr/local/go/src/net/http/server.go", "net/http", false);
        check("C:/Program Files/Go/src/runtime/asm_amd64.s", "runtime", false);
        check("internal/poll/fd_unix.go", "internal/poll", false);
        check("/home/u/sdk/go1.24/src/unique/handle.go", "unique", false);
        check("_cgo_gotypes.go", "net", false);
        check("/x/index/store/load.go", "index/store", true);
        check("/x/net/server.go", "net/http", true);
        check("/x/main.go", "main", true);
        check("/x/s.go", "netmap/store", true);
        check("", "core::panicking", false);
        check("/srv/core.py", "core", true);
        check("", "core_banking::book", true);
        check("", "<alloc::vec::Vec<T> as core::ops::Index>", false);
        check("", "<&mut dyn std::io::Read>", false);
        check("", "<shop::Row as core::fmt::Display>", true);
    }

    #[test]
    fn crates_of_symbols() {
        let check = |symbol, expected| assert_eq!(crate_of(symbol), expected, "{symbol}");
        check("store::main", Some("store"));
        check("main", Some("main"));
        check("", Some(""));
        check("<store::Row as core::fmt::Display>::fmt", Some("store"));
        check("<&mut [store::Row]>::sort", Some("store"));
        check("<(dyn store::Rows + Send) as core::any::Any>::type_id", Some("store"));
        check("<[i64] as core::ops::Index<usize>>::index", None);
        check("<str as core::fmt::Debug>::fmt", None);
        check("fn(u8) -> u8::call", None);
    }

    #[test]
    fn names_are_in_order() {
        assert!(known::MODULES.is_sorted_by(|first, second| first < second));
        assert!(known::ROOTS.is_sorted_by(|first, second| first < second));
    }

    #[test]
    fn symbols_without_a_module_tell_their_crate() {
        let check = |function: &str, expected| {
            let frame = Frame { function: Some(function.to_owned()), ..Frame::default() };
            assert_eq!(is_in_app(&frame), expected, "{function}");
        };
        check("<alloc::vec::Vec<T> as core::ops::Index<I>>::index", false);
        check("tokio::main", false);
        check("<shop::Row as core::fmt::Display>::fmt", true);
        check("shop::main", true);
        check("core", true);
    }

    #[test]
    fn the_client_knows_best() {
        let frame = Frame {
            in_app: Some(true),
            module: Some("java.lang.Thread".to_owned()),
            ..Frame::default()
        };
        assert!(is_in_app(&frame));
    }
}
