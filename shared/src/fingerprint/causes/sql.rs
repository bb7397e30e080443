//! What tells the words of a statement, and the names in it, from those of any sentence.

use super::words::Word;

/// No database has longer names.
const NAME_MAX: usize = 128;
/// The columns of a selection are known by the first of them.
const COLUMNS_MAX: usize = 256;

/// Whether what goes before a word that follows `table` says that a table of a database is meant and not
/// one that people sit at.
pub(super) fn announces_table(word: &Word<'_>) -> bool {
    const BEFORE: [&str; 11] = [
        "such table ",
        "such table: ",
        "create table ",
        "alter table ",
        "drop table ",
        "lock table ",
        "truncate table ",
        "unconfigured table ",
        "denied for table ",
        "owner of table ",
        "into table ",
    ];
    const BEHIND: [&str; 4] =
        [" has no column", " already exists", " does not exist", " doesn't exist"];
    let before = word.before().as_bytes();
    let ends_with = |end: &&str| {
        let at = before.len().checked_sub(end.len());
        at.is_some_and(|at| before.split_at(at).1.eq_ignore_ascii_case(end.as_bytes()))
    };
    is_quoted(word)
        || BEFORE.iter().any(ends_with)
        || BEHIND.iter().any(|start| word.is_before(start))
}

/// Whether a quote, or a quoted schema, stands directly before the word.
pub(super) fn is_quoted(word: &Word<'_>) -> bool {
    word.before().ends_with(['"', '\'', '`', '[', '.'])
}

/// Whether the next words are `SET` and a column that gets a value.
pub(super) fn is_before_set(word: &Word<'_>) -> bool {
    let rest = word.rest().trim_start_matches(['"', '`', ']', ' ']);
    let Some((set, columns)) = rest.split_at_checked("set ".len()) else {
        return false;
    };
    if !set.eq_ignore_ascii_case("set ") {
        return false;
    }
    let column = columns.trim_start_matches(['"', '`', '[', ' ']);
    let is_name = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'$');
    let length = column.bytes().take(NAME_MAX).take_while(is_name).count();
    let behind = column.get(length..).unwrap_or_default();
    length > 0 && behind.trim_start_matches(['"', '`', ']', ' ']).starts_with('=')
}

/// Whether the words behind `select` are the columns of a table, as no sentence writes them.
pub(super) fn is_before_columns(word: &Word<'_>) -> bool {
    let rest = word.rest();
    let rest = rest.get(..rest.floor_char_boundary(COLUMNS_MAX)).unwrap_or_default();
    let columns = [". ", ": "].iter().fold(rest, |it, end| it.split(end).next().unwrap_or(it));
    let (columns, table) = columns.split_once(" from ").unwrap_or((columns, ""));
    let is_joined = || {
        let mut dots = columns.as_bytes().windows(3).filter(|window| window[1] == b'.');
        dots.any(|window| window[0] != b' ' && window[2] != b' ')
    };
    let is_narrowed =
        || [" where ", " join ", " limit ", " order by "].iter().any(|it| table.contains(it));
    columns.contains(['*', '(', '"', '`', '_']) || is_joined() || is_narrowed()
}

/// The name without the schema before it.
pub(super) fn last_part(name: &str) -> &str {
    name.rsplit('.').next().unwrap_or(name)
}

/// The name of a table without its schema and without the column behind it.
pub(super) fn without_column(name: &str) -> &str {
    last_part(name.rsplit_once('.').map_or(name, |(table, _)| table))
}

/// The name of a table, an index or a constraint without what tells one of many that are made alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct TableName<'a> {
    stem: &'a str,
    /// What stands behind the part left out: `_pkey` of `events_2024_01_pkey`.
    ending: &'a str,
}

impl<'a> TableName<'a> {
    /// Leaves out the time that a partition is for (`events_2024_01`, `events_p20240101`), and the number
    /// of a table that was made for a while (`import_4711`, `tmp_7`).
    pub(super) fn read(name: &'a str) -> Self {
        let whole = Self { stem: name, ending: "" };
        if name.len() > NAME_MAX {
            return whole;
        }
        let is_temporary = name.starts_with("tmp_") || name.starts_with("temp_");
        let marks = name.bytes().enumerate().skip(1).filter(|(_, byte)| *byte == b'_');
        let drawn = marks.filter_map(|(at, _)| name.split_at_checked(at)).find(|(_, behind)| {
            let part = behind.split('_').nth(1);
            part.is_some_and(|part| is_drawn(part, is_temporary))
        });
        drawn.map_or(whole, |(stem, behind)| Self { stem, ending: behind_time(behind) })
    }

    pub(super) fn bytes(&self) -> impl Iterator<Item = u8> {
        self.stem.bytes().chain(self.ending.bytes())
    }
}

/// Whether a part of a name is a time, or a number that only one of many has.
fn is_drawn(part: &str, is_temporary: bool) -> bool {
    let number = part.strip_prefix(['p', 'y']).unwrap_or(part);
    let is_year = number.starts_with("19") || number.starts_with("20");
    let is_time = is_year && number.len() >= 4 && number.split(['m', 'w', 'q']).all(is_number);
    is_time || (part.len() >= 4 || is_temporary && !part.is_empty()) && is_number(part)
}

/// What stands behind the time or the number that the name goes on with: `_pkey` of `_2024_01_pkey`.
fn behind_time(name: &str) -> &str {
    let goes_on = |part: &str| !part.is_empty() && is_number(part);
    let first = name.split('_').nth(1).map_or(0, |part| 1 + part.len());
    let others = name.split('_').skip(2).take_while(|part| goes_on(part));
    let length = others.fold(first, |length, part| length + 1 + part.len());
    name.get(length..).unwrap_or_default()
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the text can be a name at all.
pub(super) fn is_name(text: &str) -> bool {
    text.len() > 1 && text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
