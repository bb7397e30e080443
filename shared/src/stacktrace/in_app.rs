//! Decides whether a frame is the program's own code or that of a library, framework or runtime.

use crate::event::Frame;

/// Whether the frame is the program's own. What the client said about it wins.
pub(crate) fn is_in_app(frame: &Frame) -> bool {
    frame.in_app.unwrap_or_else(|| {
        let path = path_of(frame);
        let module = frame.module.as_deref().unwrap_or_default();
        let is_go = path.ends_with(".go");
        !(is_runtime_path(path)
            || has_library_directory(path)
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
    const STARTS: [&str; 13] = [
        "<",
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
    let mut before = "";
    path.split(['/', '\\']).any(|directory| {
        let is_library = match directory {
            "site-packages" | "dist-packages" | "node_modules" | "bower_components" | "vendor"
            | "gems" | "jspm_packages" | ".cargo" | "rustlib" | "__pypackages__" | ".yarn" => true,
            "mod" => before == "pkg",
            "src" => before.starts_with("go") && before.as_bytes().get(2) == Some(&b'-'),
            "registry" => before == "cargo",
            "library" => before == "rust",
            "ruby" => before == "lib" || before == "include",
            // The module cache of Go and package names with a version look the same on all systems.
            other => {
                (is_python_directory(other) && before.eq_ignore_ascii_case("lib"))
                    || (other.eq_ignore_ascii_case("lib") && is_python_directory(before))
                    || other.contains("@v")
            }
        };
        before = directory;
        is_library
    })
}

/// `python3.12`, `python3`, `Python312`.
fn is_python_directory(name: &str) -> bool {
    let number = name.strip_prefix("python").or(name.strip_prefix("Python"));
    number.is_some_and(|number| number.starts_with(|first: char| first.is_ascii_digit()))
}

/// Packages, namespaces and crates that programs are built on.
fn is_library_module(module: &str) -> bool {
    const STARTS: [&str; 49] = [
        // The Java virtual machine and its frameworks.
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "com.sun.",
        "jakarta.",
        "kotlin.",
        "kotlinx.",
        "scala.",
        "groovy.",
        "clojure.",
        "android.",
        "androidx.",
        "com.android.",
        "dalvik.",
        "org.springframework.",
        "org.apache.",
        "org.hibernate.",
        "org.eclipse.",
        "org.jboss.",
        "org.junit.",
        "org.postgresql.",
        "org.slf4j.",
        "org.mockito.",
        "com.zaxxer.",
        "com.mysql.",
        "com.google.common.",
        "com.fasterxml.",
        "ch.qos.logback.",
        "io.netty.",
        "io.undertow.",
        "io.micronaut.",
        "io.quarkus.",
        "io.vertx.",
        "io.grpc.",
        "io.reactivex.",
        "oracle.jdbc.",
        "okhttp3.",
        "retrofit2.",
        "reactor.",
        "akka.",
        "rx.",
        "redis.clients.",
        // .NET.
        "System.",
        "Microsoft.",
        "Newtonsoft.",
        "Npgsql.",
        "MySqlConnector.",
        "StackExchange.",
    ];
    STARTS.iter().any(|start| module.starts_with(start))
}

/// The first part of a path of Rust.
fn crate_of(module: &str) -> &str {
    module.split_once("::").map_or(module, |(root, _)| root)
}

/// Crates that are part of Rust, and those that drive most programs.
pub(super) fn is_library_crate(name: &str) -> bool {
    const CRATES: [&str; 13] = [
        "std",
        "core",
        "alloc",
        "__rustc",
        "test",
        "backtrace",
        "tokio",
        "anyhow",
        "hyper",
        "axum",
        "rayon_core",
        "futures_util",
        "futures_core",
    ];
    CRATES.contains(&name)
}

/// Packages of Go's standard library have no dot in the first part of their path; neither have
/// packages of programs named without a host, so the names are listed.
fn is_go_standard(package: &str) -> bool {
    const ROOTS: [&str; 43] = [
        "archive",
        "bufio",
        "bytes",
        "compress",
        "container",
        "context",
        "crypto",
        "database",
        "debug",
        "embed",
        "encoding",
        "errors",
        "expvar",
        "flag",
        "fmt",
        "go",
        "hash",
        "html",
        "image",
        "index",
        "io",
        "iter",
        "log",
        "maps",
        "math",
        "mime",
        "net",
        "os",
        "path",
        "plugin",
        "reflect",
        "regexp",
        "runtime",
        "slices",
        "sort",
        "strconv",
        "strings",
        "sync",
        "syscall",
        "testing",
        "text",
        "time",
        "unicode",
    ];
    let root = package.split_once('/').map_or(package, |(root, _)| root);
    ROOTS.contains(&root)
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
    fn the_client_knows_best() {
        let frame = Frame {
            in_app: Some(true),
            module: Some("java.lang.Thread".to_owned()),
            ..Frame::default()
        };
        assert!(is_in_app(&frame));
    }
}
