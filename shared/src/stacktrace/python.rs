//! Python: `Traceback (most recent call last)`, chained both ways, and exception groups.

use std::borrow::Cow;

use super::scan::{
    Header, MAX_EXCEPTIONS, MAX_FRAMES, USUAL_FRAMES, frame, lines, outer_classes, split_at,
};
use crate::event::{Exception, Frame};

const START: &str = "Traceback (most recent call last):";

/// Opens the traceback, as text, of an exception that another process raised.
const REMOTE: &str = "RemoteTraceback:";

/// Whether the line opens a Python traceback.
pub(super) fn recognises(line: &str) -> bool {
    line.ends_with(START)
}

/// Reads all tracebacks of the text.
pub(super) fn parse(text: &str) -> Vec<Exception> {
    let mut reader = Reader::default();
    let prefix = prefix(text);
    lines(text).for_each(|line| reader.line(line.get(prefix..).unwrap_or_default()));
    reader.end(announced(text));
    reader.chain
}

/// The exception that AWS Lambda names above its traceback, and not below it.
fn announced(text: &str) -> Option<&str> {
    let mut above = "";
    for line in lines(text) {
        if recognises(line) {
            break;
        }
        above = line;
    }
    above.trim_ascii().strip_prefix("[ERROR] ")
}

/// What AWS Lambda writes behind what a function wrote.
fn is_of_lambda(line: &str) -> bool {
    line.starts_with("END RequestId: ") || line.starts_with("REPORT RequestId: ")
}

/// How long what a logger put before each line is; zero where it put something before the first alone.
fn prefix(text: &str) -> usize {
    let mut lines = lines(text);
    let first = lines.find_map(|line| line.strip_suffix(START)).unwrap_or_default();
    let is_frame = |line: &str| line.get(first.len()..).is_some_and(|it| it.starts_with("  File "));
    if lines.next().is_some_and(is_frame) { first.len() } else { 0 }
}

/// Python prints the cause first, but a group before its members; the chain is kept outermost first
/// all the while.
#[derive(Default)]
struct Reader {
    chain: Vec<Exception>,
    /// Where the causal chain that is being read starts in `chain`.
    chain_start: usize,
    /// Frames of the traceback that is being read, outermost first.
    frames: Vec<Frame>,
    in_traceback: bool,
    /// How far a logger moved the traceback to the right.
    indent: usize,
    /// Whether what comes next was caused by what was read last.
    continues: bool,
    /// Whether what was read last came from another process, where it was raised.
    is_remote: bool,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let content = without_border(line);
        let inner = content.trim_ascii_start();
        if recognises(inner) {
            if !self.continues {
                self.chain_start = self.chain.len();
            }
            self.frames.clear();
            self.frames.reserve(USUAL_FRAMES);
            self.in_traceback = true;
            self.indent = indent_of(content);
        } else if is_chain_note(inner) {
            self.continues = true;
        } else if self.in_traceback {
            self.traceback_line(inner, indent_of(content));
        } else if inner.trim_ascii_end().ends_with(REMOTE) {
            self.is_remote = true;
        }
    }

    /// Frames are moved to the right by two spaces and source lines by four; the first line that is not
    /// names the exception.
    fn traceback_line(&mut self, inner: &str, indent: usize) {
        if let Some(rest) = inner.strip_prefix("File \"") {
            self.frames.extend(read_frame(rest));
            if self.frames.len() >= 2 * MAX_FRAMES {
                self.frames.drain(..MAX_FRAMES);
            }
        } else if indent <= self.indent && !inner.is_empty() && !is_of_lambda(inner) {
            self.in_traceback = false;
            self.finish(read_exception(inner.trim()));
        }
    }

    /// What is read when the text is over: a traceback may still wait for its exception.
    fn end(&mut self, announced: Option<&str>) {
        if let Some(line) = announced.filter(|_| self.in_traceback && !self.frames.is_empty()) {
            self.finish(read_exception(line.trim()));
        }
    }

    fn finish(&mut self, mut exception: Exception) {
        exception.frames = std::mem::take(&mut self.frames);
        exception.frames.reverse();
        exception.frames.truncate(MAX_FRAMES);
        // What another process raised is raised again here, with the frames of who waited for it.
        let is_repeated = self.is_remote && self.continues;
        if is_repeated {
            self.is_remote = false;
        } else if self.continues {
            self.leave_one_out();
            self.chain.insert(self.chain_start, exception);
        } else if self.chain.len() < MAX_EXCEPTIONS {
            self.chain.push(exception);
        }
        self.continues = false;
    }

    /// Makes room in a chain that is as long as one is kept. The outermost exception names the error and
    /// the innermost is its root cause: those between them are the ones to do without.
    fn leave_one_out(&mut self) {
        if self.chain.len() < MAX_EXCEPTIONS {
            return;
        }
        let middle = self.chain.len() / 2;
        self.chain.remove(middle);
        if middle < self.chain_start {
            self.chain_start -= 1;
        }
    }
}

/// The exception that the line below the frames tells. Some classes have names that no reader foresees:
/// the frames, and what the line says, are known all the same.
fn read_exception(line: &str) -> Exception {
    let line = without_functions(line);
    match Header::read(&line) {
        Some(header) => with_outer_classes(header, &line).exception(),
        None => Exception { value: Some(line.into_owned()), ..Exception::default() },
    }
}

/// A class in a function has that one's name before its own: `__main__.main.<locals>.StockError`.
fn without_functions(line: &str) -> Cow<'_, str> {
    const IN_FUNCTION: &str = ".<locals>.";
    let name = line.split(": ").next().unwrap_or(line);
    if !name.contains(IN_FUNCTION) || name.contains(' ') {
        return Cow::Borrowed(line);
    }
    let mut plain = String::with_capacity(line.len());
    let mut rest = name;
    while let Some((function, behind)) = rest.split_once(IN_FUNCTION) {
        plain.push_str(function.rsplit_once('.').map_or("", |(path, _)| path));
        let is_nested = !plain.is_empty() && !plain.ends_with('.');
        plain.extend(is_nested.then_some('.'));
        rest = behind;
    }
    plain.push_str(rest);
    plain.push_str(line.get(name.len()..).unwrap_or_default());
    Cow::Owned(plain)
}

/// A class inside of another one has that one's name before its own: `shop.models.Order.DoesNotExist`.
fn with_outer_classes<'a>(header: Header<'a>, line: &'a str) -> Header<'a> {
    let module = header.module.unwrap_or_default();
    let classes = outer_classes(module).len();
    let start = module.len() - classes;
    let split = || {
        let kind = line.get(start..module.len() + 1 + header.kind.len())?;
        Some(Header { module: line.get(..start.checked_sub(1)?), kind, ..header })
    };
    if classes == 0 { header } else { split().unwrap_or(header) }
}

/// Members of exception groups are drawn with a border of `|` and `+` at their left.
fn without_border(line: &str) -> &str {
    let inner = line.trim_ascii_start();
    match inner.strip_prefix(['|', '+']) {
        Some(inner) => inner.strip_prefix(' ').unwrap_or(inner),
        None => line,
    }
}

fn indent_of(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

fn is_chain_note(line: &str) -> bool {
    line.starts_with("The above exception was the direct cause")
        || line.starts_with("During handling of the above exception")
}

/// The rest of a line `File "path", line 12, in function`. Syntax errors name no function.
fn read_frame(rest: &str) -> Option<Frame> {
    let (path, rest) = split_at(rest, b'"')?;
    let rest = rest.strip_prefix(", line ")?;
    let (line, function) = split_at(rest, b',').unwrap_or((rest, ""));
    let function = function.strip_prefix(" in ").unwrap_or_default();
    Some(frame(function.trim_ascii(), path, line.trim_ascii().parse().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &[(&str, &[&str])]) {
        let chain = parse(text);
        let read: Vec<(&str, Vec<&str>)> = chain
            .iter()
            .map(|exception| {
                let frames = exception.frames.iter();
                let functions = frames.filter_map(|frame| frame.function.as_deref());
                (exception.kind.as_deref().unwrap_or(""), functions.collect())
            })
            .collect();
        let expected: Vec<(&str, Vec<&str>)> =
            expected.iter().map(|(kind, it)| (*kind, it.to_vec())).collect();
        assert_eq!(read, expected);
    }

    #[test]
    fn lambda_names_the_exception_above() {
        check(
            "[ERROR] KeyError: 'a'\nTraceback (most recent call last):\n  File \"/var/task/a.py\", line 1, in run\n    go()",
            &[("KeyError", &["run"])],
        );
        check(
            "START RequestId: 7\n[ERROR] KeyError: 'a'\nTraceback (most recent call last):\n  File \"/a.py\", line 1, in run\n\
             END RequestId: 7\nREPORT RequestId: 7",
            &[("KeyError", &["run"])],
        );
        check(
            "[ERROR] no\nTraceback (most recent call last):\n  File \"/a.py\", line 1, in run\nKeyError: 'a'",
            &[("KeyError", &["run"])],
        );
    }

    #[test]
    fn what_a_logger_puts_before_each_line_is_left_out() {
        let plain = "Traceback (most recent call last):\n  File \"/app/a.py\", line 1, in run\n    go()\n\n\
                     During handling of the above exception, another exception occurred:\n\n\
                     Traceback (most recent call last):\n  File \"/app/b.py\", line 2, in stop\nValueError: no";
        let expected = parse(plain);
        assert_eq!(expected.last().map(|it| it.frames.len()), Some(1));
        for prefix in ["web_1  | ", "2024-01-05T10:00:00Z ERROR [a-1] ", "ü: "] {
            let lines: Vec<_> = plain.lines().map(|line| format!("{prefix}{line}")).collect();
            assert_eq!(parse(&lines.join("\n")), expected, "{prefix}");
        }
        assert_eq!(parse(&format!("ERROR root: {plain}")), expected);
        assert_eq!(crate::stacktrace::parse("a Traceback (most recent call last):\nb (c)"), None);
    }

    #[test]
    fn long_chains_keep_both_ends() {
        let link = |number: usize| {
            let start = "Traceback (most recent call last):\n  File \"/a/b.py\", line 1, in run\n";
            format!("{start}E{number}Error: no\n")
        };
        let note = "\nThe above exception was the direct cause of the following exception:\n\n";
        let chained = |count| (0..count).map(link).collect::<Vec<_>>().join(note);
        let kinds = |text: &str| -> Vec<String> {
            parse(text).into_iter().filter_map(|exception| exception.kind).collect()
        };
        let all = kinds(&chained(MAX_EXCEPTIONS));
        assert_eq!((all.len(), all[0].as_str()), (MAX_EXCEPTIONS, "E31Error"));
        let kept = kinds(&chained(100));
        assert_eq!(kept.len(), MAX_EXCEPTIONS);
        assert_eq!((kept[0].as_str(), kept[1].as_str()), ("E99Error", "E98Error"));
        assert_eq!(kept.last().map(String::as_str), Some("E0Error"));
        // Chains of a group stand one behind the other: those in the middle are left out.
        let members = (0..40).map(|_| chained(2)).collect::<String>();
        let kept = kinds(&members);
        assert_eq!((kept.len(), kept[0].as_str()), (MAX_EXCEPTIONS, "E1Error"));
    }

    #[test]
    fn frames_are_turned_innermost_first_and_markers_skipped() {
        check(
            "Traceback (most recent call last):\r\n  File \"/a/main.py\", line 3, in <module>\r\n    \
             go()\r\n    ~~^^\r\n  File \"/a/lib.py\", line 9, in go\r\n    x = rows[\r\n        \
             0\r\n    ]\r\n    ^\r\nlib.errors.Gone: row 7\r\n",
            &[("Gone", &["go", "<module>"])],
        );
    }

    #[test]
    fn loggers_may_indent_the_whole() {
        check(
            "  Traceback (most recent call last):\n    File \"a.py\", line 1, in f\n      x\n  KeyError: 1\n",
            &[("KeyError", &["f"])],
        );
    }

    #[test]
    fn causes_come_after_what_they_caused() {
        let cause = "Traceback (most recent call last):\n  File \"a.py\", line 1, in inner\nKeyError: 'x'\n\n";
        let outer =
            "Traceback (most recent call last):\n  File \"a.py\", line 2, in outer\nLoadError: y\n";
        for note in [
            "The above exception was the direct cause of the following exception:\n\n",
            "During handling of the above exception, another exception occurred:\n\n",
        ] {
            check(
                &format!("{cause}{note}{outer}"),
                &[("LoadError", &["outer"]), ("KeyError", &["inner"])],
            );
        }
    }

    #[test]
    fn exceptions_of_other_processes_are_told_once() {
        check(
            "pool.RemoteTraceback: \n\"\"\"\nTraceback (most recent call last):\n  File \"a.py\", line 1, in \
             work\nKeyError: 'x'\n\"\"\"\n\nThe above exception was the direct cause of the following \
             exception:\n\nTraceback (most recent call last):\n  File \"a.py\", line 2, in wait\nKeyError: 'x'\n",
            &[("KeyError", &["work"])],
        );
    }

    #[test]
    fn members_follow_their_group() {
        check(
            "  + Exception Group Traceback (most recent call last):\n  |   File \"m.py\", line 4, in \
             run\n  |     work()\n  | ExceptionGroup: two (2 sub-exceptions)\n  \
             +-+---------------- 1 ----------------\n    | Traceback (most recent call last):\n    \
             |   File \"m.py\", line 8, in first\n    | ValueError: a\n    \
             +---------------- 2 ----------------\n    | Traceback (most recent call last):\n    \
             |   File \"m.py\", line 9, in second\n    | TypeError: b\n    +------------------------------------\n",
            &[("ExceptionGroup", &["run"]), ("ValueError", &["first"]), ("TypeError", &["second"])],
        );
    }

    #[test]
    fn the_module_and_the_value_are_kept() {
        let chain =
            parse("Traceback (most recent call last):\n  File \"a.py\", line 5, in f\na.b.C: d: e");
        assert_eq!(chain[0].module.as_deref(), Some("a.b"));
        assert_eq!(chain[0].value.as_deref(), Some("d: e"));
        let chain = parse(
            "Traceback (most recent call last):\n  File \"a.py\", line 5, in f\na.b.Order.DoesNotExist: d",
        );
        assert_eq!(chain[0].module.as_deref(), Some("a.b"));
        assert_eq!(chain[0].kind.as_deref(), Some("Order.DoesNotExist"));
        assert_eq!(chain[0].frames[0].lineno, Some(5));
        assert_eq!(chain[0].frames[0].abs_path.as_deref(), Some("a.py"));
    }

    #[test]
    fn classes_of_functions_are_named_without_them() {
        let check = |line: &str, module: Option<&str>, kind: Option<&str>, value: &str| {
            let start = "Traceback (most recent call last):\n  File \"a.py\", line 5, in f\n";
            let chain = parse(&[start, line].concat());
            assert_eq!(chain.len(), 1, "{line}");
            let read = (chain[0].module.as_deref(), chain[0].kind.as_deref());
            assert_eq!(read, (module, kind), "{line}");
            assert_eq!(chain[0].value.as_deref(), Some(value), "{line}");
            assert_eq!(chain[0].frames.len(), 1, "{line}");
        };
        check("__main__.main.<locals>.Gone: no", Some("__main__"), Some("Gone"), "no");
        check("a.b.f.<locals>.g.<locals>.Gone: no", Some("a.b"), Some("Gone"), "no");
        check("f.<locals>.Gone: no", None, Some("Gone"), "no");
        check("it broke here: no", None, None, "it broke here: no");
        check("a.b.C<int>: no", None, None, "a.b.C<int>: no");
    }
}
