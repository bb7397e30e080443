//! What differs between two reports of one exception, in each language: lines, directories, hosts, ids,
//! times, hashes, minor versions of the runtime. None of it changes a fingerprint.

use proptest::prelude::*;

use crate::corpus::grouping_of;

/// Where and when an exception came up.
#[derive(Debug, Clone)]
struct Scene {
    /// The directory that the program is installed in.
    root: String,
    line: u32,
    id: u32,
    hash: String,
    minor: u8,
    host: [u8; 4],
    second: u32,
}

impl Scene {
    /// A time of day.
    fn clock(&self) -> String {
        let second = self.second;
        format!("{:02}:{:02}:{:02}", second / 3600 % 24, second / 60 % 60, second % 60)
    }

    fn address(&self) -> String {
        let [a, b, c, d] = self.host;
        format!("{a}.{b}.{c}.{d}")
    }
}

fn scene() -> impl Strategy<Value = Scene> {
    let root = prop_oneof![
        "/srv/[a-z]{3,8}",
        "/home/[a-z]{2,6}/releases/[0-9]{14}",
        "/opt/[a-z]{3,8}/v[0-9]{1,2}\\.[0-9]{1,3}",
        "/Users/[a-z]{2,6}/Code/[a-z]{3,8}",
    ];
    let values =
        (1_u32..9000, any::<u32>(), "[0-9a-f]{15}[0-9]", 0_u8..30, any::<[u8; 4]>(), any::<u32>());
    (root, values).prop_map(|(root, (line, id, hash, minor, host, second))| Scene {
        root,
        line,
        id,
        hash,
        minor,
        host,
        second,
    })
}

/// The message and the stack of a report.
type Report = (String, String);

fn python(at: &Scene) -> Report {
    let Scene { root, line, id, minor, .. } = at;
    let message = format!("BerthTaken: berth {id} taken since {}", at.clock());
    let stack = format!(
        "Traceback (most recent call last):\n  \
         File \"{root}/venv/lib/python3.{minor}/site-packages/web/app.py\", line {line}, in call\n    view()\n  \
         File \"{root}/harbour/berths.py\", line {line}, in take\n    raise BerthTaken(number)\n\
         harbour.errors.{message}\n"
    );
    (message, stack)
}

fn javascript(at: &Scene) -> Report {
    let Scene { root, line, id, minor, .. } = at;
    let message = format!("SeatError: seat {id} of {} is gone", at.address());
    let stack = format!(
        "{message}\n    at Hall.seatOf (file://{root}/src/hall.mjs:{line}:{minor})\n    \
         at {root}/node_modules/router/index.js:{line}:3\n    \
         at process.processTicksAndRejections (node:internal/process/task_queues:{line}:5)\n"
    );
    (message, stack)
}

fn browser(at: &Scene) -> Report {
    let Scene { line, id, hash, minor, .. } = at;
    let message = format!("SeatError: seat {id} is gone");
    let stack = format!(
        "{message}\n    at seatOf (https://cdn{minor}.example.org/assets/hall-{hash}.js:1:{line})\n    \
         at https://cdn{minor}.example.org/assets/vendor.{hash}.js:2:{line}\n"
    );
    (message, stack)
}

fn gecko(at: &Scene) -> Report {
    let Scene { line, id, hash, minor, .. } = at;
    let stack = format!(
        "async*seatOf@https://cdn{minor}.example.org/assets/hall.{hash}.js:{line}:{minor}\n\
         plan/<@https://cdn{minor}.example.org/assets/plan.{hash}.js:{line}:1\n"
    );
    (format!("SeatError: seat {id} is gone"), stack)
}

fn java(at: &Scene) -> Report {
    let Scene { line, id, hash, minor, .. } = at;
    let message = format!("org.example.port.SealBroken: seal {id} at {}", at.clock());
    let stack = format!(
        "Exception in thread \"pool-{minor}-thread-{id}\" {message}\n\
         \tat port.core@{minor}.1/org.example.port.Seals.lambda$check${minor}(Seals.java:{line})\n\
         \tat org.example.port.Seals$$Lambda${id}/0x{hash}.accept(Unknown Source)\n\
         \tat java.base@{minor}.0.1/java.util.ArrayList.forEach(ArrayList.java:{line})\n"
    );
    (message, stack)
}

fn go(at: &Scene) -> Report {
    let Scene { root, line, id, hash, minor, .. } = at;
    let message = format!("runtime error: index out of range [{id}] with length {minor}");
    let stack = format!(
        "panic: {message}\n\ngoroutine {id} [running]:\nexample.org/library/shelf.(*Reader).Next(0x{hash})\n\
         \t{root}/shelf/reader.go:{line} +0x{minor}\nexample.org/pool@v1.{minor}.0.Run.func{minor}()\n\
         \t{root}/go/pkg/mod/example.org/pool@v1.{minor}.0/run.go:{line} +0x1d\n\
         created by main.main in goroutine {minor}\n\t{root}/main.go:{line} +0x{minor}\n"
    );
    (message, stack)
}

fn ruby(at: &Scene) -> Report {
    let Scene { root, line, id, minor, .. } = at;
    let message = format!("rehearsal {id} failed");
    let stack = format!(
        "{root}/lib/rehearsal.rb:{line}:in `block (2 levels) in start': {message} (RehearsalError)\n\
         \tfrom {root}/vendor/bundle/ruby/3.{minor}.0/gems/web-6.{minor}/lib/web.rb:{line}:in `call'\n\
         \tfrom {root}/run.rb:{line}:in `<main>'\n"
    );
    (message, stack)
}

fn php(at: &Scene) -> Report {
    let Scene { root, line, id, minor, .. } = at;
    let message = format!("no yeast {id}");
    let above = line + 7;
    let stack = format!(
        "PHP Fatal error:  Uncaught Bakery\\YeastMissing: {message} in {root}/src/Dough.php:{line}\nStack trace:\n\
         #0 {root}/src/Oven.php({above}): Bakery\\Dough->rise({id})\n\
         #1 {root}/vendor/web/{minor}/src/Kernel.php({line}): Bakery\\Oven->bake()\n#2 {{main}}\n  thrown in \
         {root}/src/Dough.php on line {line}"
    );
    (message, stack)
}

fn dotnet(at: &Scene) -> Report {
    let Scene { root, line, id, minor, .. } = at;
    let message = format!("cannot post letter {id} to {}", at.address());
    let stack = format!(
        "Post.PostException: {message}\n   at Post.Box.<Put>d__{minor}.MoveNext() in {root}/Post/Box.cs:line {line}\n\
         --- End of stack trace from previous location ---\n   \
         at Post.Program.<>c__DisplayClass{minor}_0.<Main>b__{minor}() in {root}/Post/Program.cs:line {line}\n"
    );
    (message, stack)
}

fn rust(at: &Scene) -> Report {
    let Scene { root, line, id, hash, minor, .. } = at;
    let message = format!("bell {id} is missing since {}", at.clock());
    let stack = format!(
        "thread 'worker-{minor}' ({id}) panicked at {root}/src/clock.rs:{line}:{minor}:\n{message}\nstack backtrace:\n   \
         0: rust_begin_unwind\n             at /rustc/{hash}{hash}/library/std/src/panicking.rs:{line}:5\n   \
         1: tower::clock::Clock::strike::h{hash}\n             at {root}/src/clock.rs:{line}:{minor}\n   \
         2: tower::main::h{hash}\n"
    );
    (message, stack)
}

fn message(at: &Scene) -> Report {
    let Scene { root, line, id, hash, minor, .. } = at;
    let text = format!(
        "[{}] order {id} of ann{minor}@example.org refused by {}:7001 (trace {hash}{hash}, node v20.{minor}.1) \
         after {line} ms: {root}/orders/{id}.json has no \"{hash}\"",
        at.clock(),
        at.address(),
    );
    (text, String::new())
}

/// Two scenes of one exception and what both make of it.
macro_rules! languages {
    ($($language:ident),+) => {
        proptest! {
            $(
                #[test]
                fn $language(first in scene(), second in scene()) {
                    let reports = (super::$language(&first), super::$language(&second));
                    let ((message, stack), (other_message, other_stack)) = &reports;
                    prop_assert_eq!(
                        grouping_of(message, stack).fingerprint,
                        grouping_of(other_message, other_stack).fingerprint,
                        "{:#?}", reports
                    );
                }
            )+
        }
    };
}

mod nothing_around_an_exception_decides {
    use super::*;

    languages!(python, javascript, browser, gecko, java, go, ruby, php, dotnet, rust, message);
}
