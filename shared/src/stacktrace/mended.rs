//! Settles which frames of an SDK are the program's own: what the SDK says holds, except where SDKs are
//! known to be wrong. What no SDK has said is decided as for a written stack.

use super::in_app::{self, has_library_directory, is_library_crate, path_of};
use crate::event::Frame;

/// Says of the frame whether it is the program's own.
pub fn settle_in_app(frame: &mut Frame) {
    let is_own = match frame.in_app {
        Some(said) => said,
        None => in_app::is_in_app(frame),
    };
    frame.in_app = Some(is_own && !is_surely_foreign(frame));
}

/// Whether a frame belongs to a runtime, to generated code or to an SDK, whatever is said about it.
fn is_surely_foreign(frame: &Frame) -> bool {
    let path = path_of(frame);
    let function = frame.function.as_deref().unwrap_or_default();
    // Paths of generated code may look like those of files, which its name does not.
    is_generated(path)
        || frame.filename.as_deref().is_some_and(is_generated)
        || in_app::is_compiled_python(path)
        || if (path.is_empty() || is_source_of_libc(path)) && !function.contains("::") {
            is_of_libc(function)
        } else if path.ends_with(".rs") || path.is_empty() {
            is_foreign_rust(path, function)
        } else {
            is_script(path) && is_foreign_script(path, function)
        }
}

/// `<anonymous>`, `<frozen importlib>`, `<sqlalchemy ...>`: nobody wrote it into a file. What people
/// type into an interpreter is their own.
fn is_generated(path: &str) -> bool {
    const TYPED: [&str; 4] = ["<stdin>", "<string>", "<ipython", "<console>"];
    path.starts_with('<') && !TYPED.iter().any(|typed| path.starts_with(typed))
}

/// Where libraries with debug information say that they were built.
fn is_source_of_libc(path: &str) -> bool {
    const FOLDERS: [&str; 2] = ["./nptl/", "./csu/"];
    FOLDERS.iter().any(|folder| path.starts_with(folder)) || path.contains("/sysdeps/unix/")
}

/// What starts programs and threads, text that an unwinder took for a function, and what it has no name
/// for.
fn is_of_libc(function: &str) -> bool {
    const STARTERS: [&str; 8] = [
        "<unknown>",
        "start_thread",
        "clone",
        "clone3",
        "__clone3",
        "_start",
        "__libc_start_main",
        "__libc_start_call_main",
    ];
    function.starts_with("at /")
        || function.starts_with("__libc_start_main")
        || STARTERS.contains(&function)
}

fn is_foreign_rust(path: &str, function: &str) -> bool {
    let root = function.trim_start_matches(['<', '&']).split("::").next().unwrap_or_default();
    path.starts_with("/rustc/")
        || has_library_directory(path)
        || is_library_crate(root)
        || root == "sentry"
        || root.starts_with("sentry_")
}

fn is_script(path: &str) -> bool {
    let file = path.split(['?', '#']).next().unwrap_or(path);
    is_url(path) || [".js", ".mjs", ".cjs", ".ts"].iter().any(|end| file.ends_with(end))
}

/// SDKs wrap what browsers call, and their code ends up in the program's own bundle.
fn is_foreign_script(path: &str, function: &str) -> bool {
    const WRAPPERS: [&str; 5] = [
        "Object.apply",
        "Reflect.apply",
        "triggerHandlers",
        "consoleHandler",
        "__sentry_wrapped__",
    ];
    function.ends_with("sentryWrapped")
        || function.starts_with("console.")
        || WRAPPERS.contains(&function)
        || in_app::is_library_script(path)
        || is_url(path) && has_library_directory(path)
}

fn is_url(path: &str) -> bool {
    path.starts_with("http://") || path.starts_with("https://")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(said: Option<bool>, path: &str, function: &str, expected: bool) {
        let mut frame = Frame {
            abs_path: (!path.is_empty()).then(|| path.to_owned()),
            function: Some(function.to_owned()),
            in_app: said,
            ..Frame::default()
        };
        settle_in_app(&mut frame);
        assert_eq!(frame.in_app, Some(expected), "{said:?} {path} {function}");
    }

    #[test]
    fn what_sdks_say_holds_unless_it_is_surely_wrong() {
        let (yes, no) = (Some(true), Some(false));
        check(yes, "/srv/venv/lib/python3.12/site-packages/own/a.py", "run", true);
        check(no, "/srv/a.py", "run", false);
        check(None, "/usr/lib/python3.11/logging/__init__.py", "handle", false);
        check(None, "/srv/a.py", "run", true);
        check(yes, "<sqlalchemy.dialects.sqlite>", "execute", false);
        check(yes, "<stdin>", "<module>", true);
        check(yes, "/home/u/vendor/sentry-panic/src/lib.rs", "sentry_panic::panic_handler", false);
        check(yes, "/rustc/5980/library/std/src/panicking.rs", "__rustc::rust_begin_unwind", false);
        check(yes, "/home/u/src/main.rs", "ledger::main", true);
        check(yes, "/home/u/src/engine.cpp", "core::Engine::run", true);
        check(yes, "", "core::ops::function::FnOnce::call_once", false);
        check(yes, "httpserver/vendor/run.py", "console.log", true);
        check(yes, "", "start_thread", false);
        check(yes, "./nptl/pthread_create.c", "start_thread", false);
        check(yes, "./misc/../sysdeps/unix/sysv/linux/x86_64/clone3.S", "clone3", false);
        check(yes, "", "<unknown>", false);
        check(yes, "/srv/src/clone.c", "clone", true);
        check(yes, "", "at /rustc/5980/library/std/src/panic.rs:359:14", false);
        check(yes, "", "handle_request", true);
        check(yes, "https://x.example/app.js", "Object.apply", false);
        check(yes, "https://x.example/app.js", "loadRemote", true);
        check(yes, "<anonymous>", "Array.map", false);
        check(yes, "http://localhost/node_modules/.vite/deps/q.js", "run", false);
    }
}
