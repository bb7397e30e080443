//! Go: panics, fatal errors, `debug.Stack()`, and the `%+v` of error packages.

use super::scan::{frame, lines, location, push};
use crate::event::{Exception, Frame};

/// Whether the line can only come from a Go trace.
pub(super) fn recognises(line: &str) -> bool {
    goroutine(line) || position(line).is_some_and(|(path, _)| path.ends_with(".go"))
}

/// Reads the goroutine that failed, which is printed first.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut exception = Exception::default();
    let mut function = None;
    let mut goroutines = 0;
    for line in lines(text) {
        if goroutine(line) {
            goroutines += 1;
            if goroutines > 1 && !exception.frames.is_empty() {
                break;
            }
        } else if let Some((path, line_number)) = position(line) {
            if let Some(frame) = function.take().and_then(|it| read_frame(it, path, line_number)) {
                enter(&mut exception, frame);
            }
        } else if let Some((kind, value)) = failure(line) {
            exception.kind = Some(kind.to_owned());
            exception.value = Some(value.to_owned());
        } else {
            function = Some(line);
        }
    }
    if exception.frames.is_empty() {
        return Vec::new();
    }
    vec![exception]
}

/// The frames above a call of `panic` are those that handle it, not those that failed.
fn enter(exception: &mut Exception, frame: Frame) {
    let function = frame.function.as_deref().unwrap_or_default();
    let module = frame.module.as_deref().unwrap_or_default();
    if is_entry_of_failure(module, function) {
        exception.frames.clear();
        exception.kind.get_or_insert_with(|| "panic".to_owned());
    } else {
        push(&mut exception.frames, frame);
    }
}

/// Whether the function is one by which a goroutine enters a panic or a fatal error. Packages below the
/// runtime enter the latter under names of their own.
fn is_entry_of_failure(module: &str, function: &str) -> bool {
    const PANICS: [&str; 4] = ["gopanic", "panic", "goPanic", "sigpanic"];
    let is_fatal = matches!(function, "throw" | "fatal");
    match module {
        "" => function == "panic",
        "runtime" => is_fatal || PANICS.iter().any(|start| function.starts_with(start)),
        "sync" => is_fatal,
        _ => is_fatal && module.starts_with("internal/"),
    }
}

/// `goroutine 7 [running]:`
fn goroutine(line: &str) -> bool {
    let rest = line.trim_end().strip_prefix("goroutine ");
    rest.is_some_and(|rest| {
        rest.ends_with("]:") && rest.starts_with(|it: char| it.is_ascii_digit())
    })
}

/// `panic: text`, `fatal error: text`, and what the HTTP server logs.
fn failure(line: &str) -> Option<(&'static str, &str)> {
    if let Some(text) = line.strip_prefix("panic: ") {
        let text = text.split(" [recovered").next().unwrap_or(text);
        return Some(("panic", text));
    }
    if let Some(text) = line.strip_prefix("fatal error: ") {
        return Some(("fatal error", text));
    }
    let (_, rest) = line.split_once("http: panic serving ")?;
    let (_, text) = rest.split_once(": ")?;
    Some(("panic", text))
}

/// The line below a function: a tab, the path, the line, and the offset in the function.
fn position(line: &str) -> Option<(&str, Option<u32>)> {
    let rest = line.strip_prefix('\t').or_else(|| line.strip_prefix("    "))?;
    let place = match rest.trim_end().rsplit_once(" +0x") {
        Some((place, _)) => place,
        None => rest.trim_end(),
    };
    let (path, line_number, _) = location(place);
    let is_source = path.ends_with(".go") || path.ends_with(".s") || path == "_cgo_gotypes.go";
    (is_source && line_number.is_some()).then_some((path, line_number))
}

/// `package/path.(*Type).Method(0x1, {0x2, 0x3})`; who created the goroutine is not on its stack.
fn read_frame(line: &str, path: &str, line_number: Option<u32>) -> Option<Frame> {
    let line = line.trim();
    if line.is_empty() || line.starts_with("created by ") {
        return None;
    }
    let name = without_arguments(line);
    let package_end = name.rfind('/').map_or(0, |slash| slash + 1);
    let dot = name.get(package_end..)?.find('.');
    let (package, function) = match dot {
        Some(dot) => (name.get(..package_end + dot)?, name.get(package_end + dot + 1..)?),
        None => ("", name),
    };
    Some(Frame {
        module: (!package.is_empty()).then(|| package.to_owned()),
        ..frame(function, path, line_number)
    })
}

/// Cuts the last pair of brackets; those of a receiver stand before a dot.
fn without_arguments(line: &str) -> &str {
    let mut depth = 0_usize;
    for (at, byte) in line.bytes().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' if depth == 1 => return line.get(..at).unwrap_or(line),
            b'(' => depth = depth.saturating_sub(1),
            _ if depth == 0 => return line,
            _ => {}
        }
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, kind: Option<&str>, value: Option<&str>, frames: &[(&str, &str)]) {
        let chain = parse(text);
        assert_eq!(chain.len(), 1);
        assert_eq!(chain[0].kind.as_deref(), kind);
        assert_eq!(chain[0].value.as_deref(), value);
        let describe = |frame: &Frame| {
            let part = |it: &Option<String>| it.clone().unwrap_or_default();
            (part(&frame.module), part(&frame.function))
        };
        let read: Vec<(String, String)> = chain[0].frames.iter().map(describe).collect();
        let owned = |(a, b): &(&str, &str)| ((*a).to_owned(), (*b).to_owned());
        assert_eq!(read, frames.iter().map(owned).collect::<Vec<_>>());
    }

    #[test]
    fn panics() {
        check(
            "panic: runtime error: integer divide by zero [recovered]\n\tpanic: again\r\n\r\n\
             goroutine 1 [running]:\r\nmain.(*Depot).Fill(0x0?, {0x1, 0x2})\r\n\t/srv/depot/main.go:12 +0x1d\r\n\
             example.org/depot/store.Run[...](...)\r\n\t/srv/depot/store/run.go:40\r\n\
             created by main.main in goroutine 7\r\n\t/srv/depot/main.go:5 +0x3\r\n\r\n\
             goroutine 2 [select]:\nmain.other()\n\t/srv/depot/main.go:90 +0x1\n",
            Some("panic"),
            Some("runtime error: integer divide by zero"),
            &[("main", "(*Depot).Fill"), ("example.org/depot/store", "Run[...]")],
        );
    }

    #[test]
    fn what_handles_a_panic_is_left_out() {
        check(
            "2026/11/20 10:00:00 http: panic serving 10.0.0.1:4711: it broke\ngoroutine 9 [running]:\n\
             net/http.(*conn).serve.func1()\n\t/usr/local/go/src/net/http/server.go:1850 +0xbf\n\
             panic({0x1, 0x2})\n\t/usr/local/go/src/runtime/panic.go:890 +0x262\n\
             main.handle({0x1?}, 0x2)\n\t/srv/depot/main.go:48 +0x5d\n",
            Some("panic"),
            Some("it broke"),
            &[("main", "handle")],
        );
    }

    #[test]
    fn packages_below_the_runtime_fail_by_it() {
        check(
            "fatal error: concurrent map writes\n\ngoroutine 7 [running]:\n\
             internal/runtime/maps.fatal({0x1?, 0x2?})\n\t/usr/local/go/src/runtime/panic.go:1053 +0x18\n\
             internal/runtime/maps.(*Map).PutSlotSmallFastStr(...)\n\
             \t/usr/local/go/src/internal/runtime/maps/runtime_faststr_swiss.go:263\n\
             main.(*Depot).Fill(0x0?)\n\t/srv/depot/main.go:12 +0x1d\n",
            Some("fatal error"),
            Some("concurrent map writes"),
            &[("internal/runtime/maps", "(*Map).PutSlotSmallFastStr"), ("main", "(*Depot).Fill")],
        );
    }

    #[test]
    fn wrapped_errors_print_functions_without_brackets() {
        check(
            "load failed\nmain.load\n\t/srv/depot/main.go:48\nmain.main\n\t/srv/depot/main.go:9\n",
            None,
            None,
            &[("main", "load"), ("main", "main")],
        );
        assert!(recognises("\t/srv/depot/main.go:48"));
        assert!(!recognises("goroutine leak found"));
    }
}
