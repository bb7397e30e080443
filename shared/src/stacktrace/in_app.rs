//! Decides whether a frame is the program's own code or that of a library, framework or runtime.

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
    let path = path.split(['?', '#']).next().unwrap_or(path);
    if let Some(rest) = path.strip_prefix("https://")
        && HOSTS.iter().any(|host| rest.starts_with(host))
    {
        return true;
    }
    if !path.ends_with("js") {
        return false;
    }
    let file = base_name(path);
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
    const STARTS: [&str; 98] = [
        // The Java virtual machine and its frameworks.
        "java.",
        "javax.",
        "jdk.",
        "sun.",
        "com.sun.",
        "com.oracle.",
        "jakarta.",
        "kotlin.",
        "kotlinx.",
        "_COROUTINE.",
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
        "org.testng.",
        "org.gradle.",
        "org.postgresql.",
        "org.mariadb.",
        "org.sqlite.",
        "org.h2.",
        "org.slf4j.",
        "org.mockito.",
        "org.codehaus.",
        "org.jetbrains.",
        "org.aspectj.",
        "org.glassfish.",
        "org.thymeleaf.",
        "org.flywaydb.",
        "org.quartz.",
        "org.redisson.",
        "org.elasticsearch.",
        "com.zaxxer.",
        "com.mysql.",
        "com.microsoft.sqlserver.",
        "com.google.common.",
        "com.google.gson.",
        "com.google.inject.",
        "com.google.protobuf.",
        "com.fasterxml.",
        "com.rabbitmq.",
        "com.amazonaws.",
        "software.amazon.awssdk.",
        "ch.qos.logback.",
        "io.netty.",
        "io.undertow.",
        "io.micronaut.",
        "io.quarkus.",
        "io.vertx.",
        "io.grpc.",
        "io.reactivex.",
        "io.lettuce.",
        "io.ktor.",
        "io.opentelemetry.",
        "io.sentry.",
        "net.bytebuddy.",
        "oracle.jdbc.",
        "okhttp3.",
        "okio.",
        "retrofit2.",
        "feign.",
        "reactor.",
        "akka.",
        "cats.",
        "zio.",
        "play.",
        "rx.",
        "redis.clients.",
        "junit.",
        // .NET.
        "System.",
        "Microsoft.",
        "Newtonsoft.",
        "Npgsql.",
        "MySqlConnector.",
        "MySql.Data.",
        "StackExchange.",
        "MongoDB.",
        "RabbitMQ.",
        "Grpc.",
        "Serilog.",
        "NLog.",
        "Polly.",
        "Dapper.",
        "AutoMapper.",
        "MediatR.",
        "Hangfire.",
        "Castle.",
        "Xunit.",
        "NUnit.",
        "Sentry.",
    ];
    STARTS.iter().any(|start| module.starts_with(start))
}

/// The first part of a path of Rust.
fn crate_of(module: &str) -> &str {
    module.split_once("::").map_or(module, |(root, _)| root)
}

/// Crates that are part of Rust, and those that drive most programs.
pub(super) fn is_library_crate(name: &str) -> bool {
    const CRATES: [&str; 57] = [
        "std",
        "core",
        "alloc",
        "__rustc",
        "test",
        "backtrace",
        "std_detect",
        "panic_unwind",
        "hashbrown",
        "gimli",
        "addr2line",
        "anyhow",
        "color_eyre",
        "thiserror",
        "tokio",
        "tokio_util",
        "tokio_stream",
        "tokio_postgres",
        "tokio_rustls",
        "async_std",
        "futures_util",
        "futures_core",
        "futures_executor",
        "hyper",
        "hyper_util",
        "http_body_util",
        "axum",
        "axum_core",
        "tower_http",
        "tower_service",
        "actix_web",
        "actix_http",
        "actix_rt",
        "tonic",
        "reqwest",
        "rustls",
        "serde",
        "serde_json",
        "serde_core",
        "sqlx",
        "sqlx_core",
        "sqlx_postgres",
        "sqlx_mysql",
        "sqlx_sqlite",
        "rusqlite",
        "r2d2",
        "tracing",
        "tracing_core",
        "tracing_subscriber",
        "rayon",
        "rayon_core",
        "crossbeam_utils",
        "crossbeam_deque",
        "parking_lot",
        "once_cell",
        "indexmap",
        "lambda_runtime",
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
    fn the_client_knows_best() {
        let frame = Frame {
            in_app: Some(true),
            module: Some("java.lang.Thread".to_owned()),
            ..Frame::default()
        };
        assert!(is_in_app(&frame));
    }
}
