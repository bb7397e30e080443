//! Replaces the values in a message by placeholders, so that two reports of one event sort read the
//! same.
//!
//! One pass over the bytes: text is cut into chunks at spaces, quotes and brackets, each chunk is
//! recognised by its shape, and everything goes into one buffer of the caller. No step looks at a
//! byte more than a fixed number of times. What is *the same* is not decided here.

mod bytes;
mod chunk;
mod keys;
mod quotes;
mod resource;
mod shapes;
mod word;
mod zone;

use bytes::Marks;
use quotes::Pair;

/// Longer messages are cut: what names the event stands at the start.
const MAX_BYTES: usize = 4096;

/// Begins what a terminal takes for a command.
const ESCAPE: u8 = 0x1b;

const VALUE: &[u8] = b"<n>";
const TIME: &[u8] = b"<time>";
const QUOTED: &[u8] = b"<str>";
const EMAIL: &[u8] = b"<email>";
const URL: &[u8] = b"<url>";
const HOST: &[u8] = b"<host>";
const NAME: &[u8] = b"<v>";
const PATH: &[u8] = b"<path>/";

/// Appends the normalised text to `out`.
pub(super) fn normalise(text: &str, out: &mut Vec<u8>) {
    let text = text.as_bytes().trim_ascii();
    let text = &text[..text.len().min(MAX_BYTES)];
    let mut scanner = Scanner {
        text,
        at: 0,
        start: out.len(),
        key: None,
        unclosed: [0; Pair::COUNT],
        measured: 0,
        zoned: 0,
        told_until: 0,
        is_logged: false,
        is_untold: keys::tell_nothing(text),
        out,
    };
    scanner.run();
}

/// The position in the text and what was learned on the way.
struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
    /// Where this text begins in `out`.
    start: usize,
    out: &'a mut Vec<u8>,
    /// The key whose `=` was read last, until its value is.
    key: Option<&'a [u8]>,
    /// Up to where nothing closes a pair of its kind: it need not be looked for again.
    unclosed: [usize; Pair::COUNT],
    /// Where a value ends in `out` whose unit was left out: what follows may be the rest of it.
    measured: usize,
    /// Where a time ends in `out` whose zone was left out: a longer name of the zone may follow.
    zoned: usize,
    /// The quote that ends a text whose key says that it tells what happened; zero before the first.
    told_until: usize,
    /// The text is a line of keys and values, one of which tells what happened.
    is_logged: bool,
    /// The text is a JSON object in which no key says that it tells what happened: whatever people wrote may.
    is_untold: bool,
}

impl<'a> Scanner<'a> {
    fn run(&mut self) {
        while let Some(&byte) = self.text.get(self.at) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.space(),
                b'"' | b'\'' => self.quote(byte),
                b'=' => self.equals_sign(),
                b'`' => self.backtick(),
                b'(' => self.bracket(),
                b'[' if self.bracketed_host() => {}
                b'?' if self.follows_parameter() => self.at += 1,
                ESCAPE => self.escape(),
                0xc2 | 0xe2 | 0xe3 if self.wide_quote() => {}
                byte if Marks::of_byte(byte).has(Marks::END) => self.delimiter(byte),
                _ => self.chunk(),
            }
        }
        while self.out.len() > self.start && self.out.last() == Some(&b' ') {
            self.out.pop();
        }
    }

    fn delimiter(&mut self, byte: u8) {
        self.out.push(byte);
        self.at += 1;
        self.key = None;
    }

    /// Colours of a terminal: a bracket, numbers, and the letter that ends them.
    fn escape(&mut self) {
        let rest = &self.text[self.at + 1..];
        let length = match rest.first() {
            Some(b'[') => {
                let is_parameter = |byte: &&u8| byte.is_ascii_digit() || **byte == b';';
                rest[1..].iter().take_while(is_parameter).count() + 2
            }
            _ => 0,
        };
        self.at = (self.at + 1 + length).min(self.text.len());
    }

    /// A list of the parameters of a statement, however long, becomes a single one.
    fn follows_parameter(&mut self) -> bool {
        let written = self.out[self.start..].trim_ascii_end();
        let is_listed = written.ends_with(b"?,");
        if is_listed {
            let length = self.start + written.len() - 1;
            self.out.truncate(length);
        }
        is_listed
    }

    /// Any amount of white space is one space.
    fn space(&mut self) {
        if self.out.len() > self.start && self.out.last() != Some(&b' ') {
            self.out.push(b' ');
        }
        self.at += 1;
        self.key = None;
    }

    /// Whether the last thing written opens an object or separates its members.
    fn in_object(&self) -> bool {
        let written = &self.out[self.start..];
        let last = written.iter().rev().find(|byte| **byte != b' ');
        matches!(last, Some(b'{' | b','))
    }

    /// Remembers the word before the sign: some keys make a value of whatever follows.
    fn equals_sign(&mut self) {
        let before = &self.text[..self.at];
        let length = before
            .iter()
            .rev()
            .take_while(|byte| shapes::is_word_byte(**byte) || matches!(byte, b'_' | b'.' | b'-'))
            .count();
        self.key = (length > 0).then(|| &before[before.len() - length..]);
        if length > 0 && length == self.at {
            self.is_logged = keys::are_logged(self.text);
        }
        self.out.push(b'=');
        self.at += 1;
    }

    fn chunk(&mut self) {
        let rest = &self.text[self.at..];
        let (mut length, mut marks) = chunk_of(rest);
        if marks.has(Marks::COLON)
            && let Some(url) = resource::url(&rest[..length])
        {
            length = url + resource::url_length(&rest[url..]);
            marks = Marks::of(&rest[..length]);
        }
        self.at += length;
        let key = self.key.take();
        let chunk = &rest[..length];
        if marks.are_letters() && key.is_none() && !self.out.ends_with(b"> ") {
            self.plain(chunk);
            return;
        }
        let content = chunk::trim_end(chunk);
        match key {
            Some(key) if word::names_identity(key) || word::is_literal(content) => {
                self.placeholder(NAME);
            }
            Some(key) if self.keeps_number(key, content) => self.out.extend_from_slice(content),
            Some(key) if self.is_logged_value(key, content) => self.placeholder(NAME),
            _ if self.ends_time(chunk, content) => return,
            _ => self.chunk_of(content, marks),
        }
        self.out.extend_from_slice(&chunk[content.len()..]);
    }

    /// Writes a placeholder; a list of values, however long, becomes a single one.
    fn placeholder(&mut self, placeholder: &[u8]) {
        let written = self.out[self.start..].trim_ascii_end();
        if placeholder == VALUE && self.measured > 0 && self.start + written.len() == self.measured
        {
            // `1 hour 5 minutes` is one duration.
            self.out.truncate(self.measured);
            return;
        }
        let listed = written.strip_suffix(b",").is_some_and(|before| before.ends_with(placeholder));
        if listed {
            let length = self.start + written.len() - 1;
            self.out.truncate(length);
        } else {
            self.out.extend_from_slice(placeholder);
        }
    }
}

/// How far the chunk at the start of the text reaches, and what is in it; a comma between digits does not
/// end it.
fn chunk_of(text: &[u8]) -> (usize, Marks) {
    let may_end = |byte: &u8| Marks::of_byte(*byte).has(Marks::END_OR_WIDE);
    let mut length = 1;
    while let Some(at) = text[length..].iter().position(may_end) {
        length += at;
        if ends_chunk(text, length) {
            return (length, Marks::of(&text[..length]));
        }
        length += 1;
    }
    (text.len(), Marks::of(text))
}

fn ends_chunk(text: &[u8], at: usize) -> bool {
    let marks = Marks::of_byte(text[at]);
    (marks.has(Marks::END) && !is_between_digits(text, at))
        || (marks.has(Marks::WIDE) && quotes::opens_wide(&text[at..]))
}

fn is_between_digits(text: &[u8], at: usize) -> bool {
    text[at] == b','
        && text[at - 1].is_ascii_digit()
        && text.get(at + 1).is_some_and(u8::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let mut out = Vec::new();
        normalise(text, &mut out);
        assert_eq!(String::from_utf8_lossy(&out), expected);
    }

    #[test]
    fn numbers_ids_and_addresses() {
        check("user 17 not found", "user <n> not found");
        check("job 550e8400-e29b-41d4-a716-446655440000 died", "job <n> died");
        check("pool-3 idle for 1,204 ms", "pool-<n> idle for <n>");
        check("took 3 seconds, used 1.5 GB", "took <n>, used <n>");
        check("offset -5 of [1, 2, 3]", "offset <n> of [<n>]");
        check("dial 10.1.2.3:6379: refused", "dial <host>: refused");
        check("dial [::1]:6379", "dial <host>");
        check("dial tcp [fe80::1%eth0]:80: refused", "dial tcp <host>: refused");
        check("no route to [::1]", "no route to [<host>]");
        check("connect ECONNREFUSED queue:5672", "connect ECONNREFUSED <host>");
        check("cannot connect to db-primary:5432", "cannot connect to <host>");
        check("moved to shelf:5432", "moved to shelf:<n>");
        check("paid 12.99 EUR of $-3", "paid <n> of <n>");
        check("12 ATM", "<n> ATM");
        check("5µs and 7 µs", "<n> and <n>");
        check("订单12支付失败", "订单<n>支付失败");
        check("订单12发货失败", "订单<n>发货失败");
        check("注文123の支払い", "注文<n>の支払い");
        check("заказ12 отменён", "заказ<n> отменён");
        check("2.0.0-beta.1 and 3.1.0-rc.2 of 4-door", "<n> and <n> of <n>-door");
        check("/dev/sda1 and /dev/nvme0n1p2", "/dev/<v> and /dev/<v>");
        check("/dev/null is full", "/dev/null is full");
        check("(using password: YES)", "(using password: <v>)");
        check("said: no luck", "said: no luck");
        check("no route to db-1.internal:5432", "no route to <host>");
        check("object at 0x7f2a99 freed", "object at <n> freed");
        check("key sess:9f86d081884c7d65 gone", "key sess:<n> gone");
        check("100% of 0.5e-3", "<n> of <n>");
    }

    #[test]
    fn times_in_many_forms() {
        check("at 2026-11-07T09:15:01.123Z done", "at <time> done");
        check("at 2026-11-07 09:15:01,123 +0200 done", "at <time> done");
        check("Sat, 07 Nov 2026 09:15:01 GMT", "<time>, <n> <time> <n> <time>");
        check("Sat Nov 07 2026 09:15:01 GMT+0100 (Some Time) x", "<time> <time> <n> <n> <time> x");
        check("at 09:15 UTC (disk full)", "at <time> (disk full)");
        check("at 20261107T091501Z, 9:15 p.m. (late)", "at <time> (late)");
        check("due 12/31/2024, 31.12.2024 or 5/3/24", "due <time> or <time>");
        check("part 1.2.2024.7 of 40/50/60", "part <n> of <n>/<n>/<n>");
        check("[07/Nov/2026:09:15:01 +0000]", "[<n>/<time>/<n> <n>]");
    }

    #[test]
    fn quoted_values_and_apostrophes() {
        check("can't read 'a b' or \"c\"", "can't read <str> or <str>");
        check("missing 'it's' end", "missing <str> end");
        check("unclosed 'quote", "unclosed 'quote");
        check("no «Молоко» left", "no <str> left");
        check("no “Нина” or ‘Йод’ left", "no <str> or <str> left");
        check("„Flur“ und „sień” fehlen", "<str> und <str> fehlen");
        check("「牛乳」がない", "<str>がない");
        check("no «Молоко\n left", "no «Молоко left");
        check("body {\"id\": 7, \"ok\": true}", "body {id:<v>, ok:<v>}");
    }

    #[test]
    fn mail_urls_and_paths() {
        check("mail to <a.b+c@example.org>", "mail to <<email>>");
        check("GET https://x.example/a?b=1&c=2 failed", "GET <url> failed");
        check("open /srv/app/releases/7/etc/app.yml", "open <path>/app.yml");
        check("open C:\\Users\\al\\job-12.csv", "open <path>/job-<n>.csv");
        check("GET /api/users/17/orders", "GET /api/users/<n>/orders");
        check("read and/or write", "read and/or write");
    }

    #[test]
    fn keys_with_values() {
        check("user=alice reason=expired retries=3", "user=<v> reason=expired retries=<n>");
        check("login failed for user bob", "login failed for user <v>");
        check("no session for user is open", "no session for user is open");
    }

    #[test]
    fn keys_that_tell_what_happened_keep_their_values() {
        check(
            "{\"level\":\"error\",\"msg\":\"charge 7 failed\",\"code\":\"declined\"}",
            "{level:<str>,msg:charge <n> failed,code:declined}",
        );
        check("{\"error\": {\"code\": 404, \"n\": 404}}", "{error:{code:404, n:<n>}}");
        check("{\"msg\":\"\",\"user\":\"a\"}", "{msg:,user:<str>}");
        check(
            "level=error ts=2026-11-07T09:15:01Z msg=\"no 'a' left\" broker=b",
            "level=<v> ts=<time> msg=no <str> left broker=<v>",
        );
        check("{\"msg\":\"no \\\"a b\\\" left\"}", "{msg:no <str> left}");
        check("{\"msg\":\"no \\\" left\"}", "{msg:no \\\" left}");
        check("reason='out of stock'", "reason=out of stock");
        check("code=4711 is wrong", "code=<n> is wrong");
        check("mode=fast failed", "mode=fast failed");
    }

    #[test]
    fn white_space_does_not_matter() {
        check("  a \r\n\t b  ", "a b");
        check(" {\"a\": \"no b\"} ", "{a:no b}");
        check(" user=bob msg=lost", "user=<v> msg=lost");
        check("", "");
    }

    #[test]
    fn types_and_packages_are_text() {
        check("java.lang.IllegalState: x", "java.lang.IllegalState: x");
        check("std::io::Error in com.example.net", "std::io::Error in com.example.net");
    }
}
