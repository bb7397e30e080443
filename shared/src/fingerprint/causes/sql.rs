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
    let mut end = rest.len().min(COLUMNS_MAX);
    while !rest.is_char_boundary(end) {
        end -= 1;
    }
    let rest = rest.get(..end).unwrap_or_default();
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

/// The name of a table without what tells one of many that are made alike: the time that a partition is
/// for (`events_2024_01`, `events_p20240101`), and the number of one that was made for a while
/// (`import_4711`, `tmp_7`).
pub(super) fn without_partition(name: &str) -> &str {
    if name.len() > NAME_MAX {
        return name;
    }
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let is_temporary = name.starts_with("tmp_") || name.starts_with("temp_");
    let is_drawn = |part: &str| {
        let number = part.strip_prefix(['p', 'y']).unwrap_or(part);
        let is_year = number.starts_with("19") || number.starts_with("20");
        let is_time = is_year && number.len() >= 4 && number.split(['m', 'w', 'q']).all(is_number);
        is_time || (part.len() >= 4 || is_temporary && !part.is_empty()) && is_number(part)
    };
    let marks = name.bytes().enumerate().filter(|(_, byte)| *byte == b'_').map(|(at, _)| at);
    for mark in marks {
        let mut parts = name.get(mark + 1..).unwrap_or_default().split('_');
        if mark > 0 && parts.next().is_some_and(is_drawn) && parts.all(is_number) {
            return name.get(..mark).unwrap_or(name);
        }
    }
    name
}

/// Whether the text can be a name at all.
pub(super) fn is_name(text: &str) -> bool {
    text.len() > 1 && text.starts_with(|first: char| first.is_alphabetic() || first == '_')
}
