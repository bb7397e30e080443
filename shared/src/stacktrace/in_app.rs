//! Decides whether a frame is the program's own code or that of a library, framework or runtime.

mod known;

use super::scan::base_name;
use crate::event::Frame;

/// Whether the frame is the program's own. What the client said about it wins.
pub(crate) fn is_in_app(frame: &Frame) -> bool {
    frame.in_app.unwrap_or_else(|| {
        let path = path_of(frame);
        let module = frame.module.as_deref().unwrap_or_default();
        let is_go = path.ends_with(".go");
        !(is_runtime_path(path)
            || has_library_directory(path)
            || is_compiled_python(path)
            || is_library_script(path)
            || is_library_module(module)
            || (module.contains("::") || path.ends_with(".rs"))
                && is_library_crate(crate_of(module))
            || (is_go && is_go_standard(module)))
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
    // The module cache of Go and package names with a version look the same on all systems.
    if path.as_bytes().windows(2).any(|pair| pair == b"@v") {
        return true;
    }
    let mut before = "";
    path.as_bytes().split(|byte| matches!(byte, b'/' | b'\\')).any(|directory| {
        let directory = std::str::from_utf8(directory).unwrap_or_default();
        let is_library = match directory {
            "site-packages" | "dist-packages" | "node_modules" | "bower_components" | "vendor"
            | "gems" | "jspm_packages" | ".cargo" | "rustlib" | "__pypackages__" | ".yarn" => true,
            "mod" => before == "pkg",
            "src" => before.starts_with("go") && before.as_bytes().get(2) == Some(&b'-'),
            "registry" => before == "cargo",
            "library" => before == "rust",
            "ruby" => before == "lib" || before == "include",
            other => {
                (before.eq_ignore_ascii_case("lib") && is_python_directory(other))
                    || (other.eq_ignore_ascii_case("lib") && is_python_directory(before))
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
fn is_python_directory(name: &str) -> bool {
    let number = name.strip_prefix("python").or(name.strip_prefix("Python"));
    number.is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

/// Packages, namespaces and crates that programs are built on.
fn is_library_module(module: &str) -> bool {
    module.bytes().enumerate().filter(|(_, byte)| *byte == b'.').any(|(dot, _)| {
        let start = module.get(..dot).unwrap_or_default();
        known::MODULES.binary_search(&start).is_ok()
    })
}

/// The first part of a path of Rust.
fn crate_of(module: &str) -> &str {
    module.split_once("::").map_or(module, |(root, _)| root)
}

/// Crates that are part of Rust, and those that drive most programs.
pub(super) fn is_library_crate(name: &str) -> bool {
    known::CRATES.contains(&name)
}

/// Packages of Go's standard library have no dot in the first part of their path; neither have
/// packages of programs named without a host, so the names are listed.
fn is_go_standard(package: &str) -> bool {
    let root = package.split_once('/').map_or(package, |(root, _)| root);
    known::ROOTS.contains(&root)
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
        check("/x/net/server.go", "net/http", false);
        check("/x/main.go", "main", true);
        check("/x/s.go", "netmap/store", true);
        check("", "core::panicking", false);
        check("/srv/core.py", "core", true);
        check("", "core_banking::book", true);
    }

    #[test]
    fn modules_are_in_order() {
        assert!(known::MODULES.is_sorted_by(|first, second| first < second));
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
