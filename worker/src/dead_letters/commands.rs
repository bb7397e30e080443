//! What an operator does with dead letters.

use std::collections::BTreeSet;
use std::io::Write;

use serde::Serialize;

use super::desk::{Desk, DeskError, Pass};
use super::found::{Found, LetterId};
use super::text::{columns, counted, plain, pretty, write_json};
use super::view::{Row, Shown, Whole, dump, head};

/// How an answer is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Aligned, readable text.
    People,
    /// One line of JSON.
    Json,
}

/// Which letters a command is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// All that are there when the command begins.
    All,
    /// Those with these ids. Of several letters with one id, which there are when a worker had to bury
    /// an event again, all are meant.
    Ids(BTreeSet<LetterId>),
}

impl Which {
    /// The letters that these texts name.
    pub fn named<T: AsRef<str>>(ids: &[T]) -> Self {
        Self::Ids(ids.iter().map(|id| LetterId::new(id.as_ref())).collect())
    }
}

/// The answer of [`list`] for programs.
#[derive(Debug, Serialize)]
struct Listing {
    total: u32,
    letters: Vec<Row>,
}

/// Writes one line about each letter, the oldest first; of more letters than the limit, about those
/// that the broker gives first. They stay where they are.
///
/// # Errors
/// When the broker does not answer, or the answer can't be written.
pub async fn list(
    desk: &Desk,
    limit: usize,
    form: Form,
    out: &mut impl Write,
) -> Result<(), DeskError> {
    let mut pass = desk.pass().await?;
    let mut letters = Vec::new();
    while letters.len() < limit
        && let Some(letter) = pass.next().await?
    {
        letters.push(Row::of(&letter));
        pass.put_back(letter);
    }
    let total = pass.total();
    pass.finish().await?;
    // The broker gives letters that were returned to it in any order.
    letters.sort_by_key(|row| row.buried_at);
    match form {
        Form::Json => write_json(out, &Listing { total, letters })?,
        Form::People => out.write_all(table(&letters, total).as_bytes())?,
    }
    Ok(())
}

fn table(letters: &[Row], total: u32) -> String {
    if letters.is_empty() {
        return "there are no dead letters\n".to_owned();
    }
    let mut rows = vec![Row::HEADS.map(str::to_owned)];
    rows.extend(letters.iter().map(Row::cells));
    let mut text = columns(&rows);
    if letters.len() < usize::try_from(total).unwrap_or(usize::MAX) {
        text += &format!("{} of {total} letters; --limit shows more\n", letters.len());
    }
    text
}

/// Writes everything about one letter, which stays where it is.
///
/// # Errors
/// When there is no such letter, the broker does not answer, or the answer can't be written.
pub async fn show(
    desk: &Desk,
    id: &LetterId,
    form: Form,
    out: &mut impl Write,
) -> Result<(), DeskError> {
    let mut pass = desk.pass().await?;
    while let Some(letter) = pass.next().await? {
        if letter.id == *id {
            let written = match form {
                Form::Json => write_json(out, &Whole::of(&letter)),
                Form::People => write_letter(out, &letter),
            };
            pass.put_back(letter);
            pass.finish().await?;
            return Ok(written?);
        }
        pass.put_back(letter);
    }
    pass.finish().await?;
    Err(DeskError::Unknown(vec![id.clone()]))
}

fn write_letter(out: &mut impl Write, letter: &Found) -> std::io::Result<()> {
    out.write_all(columns(&head(letter)).as_bytes())?;
    let batch = match letter.batch() {
        Ok(batch) => batch,
        Err(unreadable) => {
            let lines = [["content".to_owned(), unreadable.to_string()]];
            write!(out, "{}\n{}", columns(&lines), dump(letter))?;
            return Ok(());
        }
    };
    for (number, entry) in batch.entries.iter().enumerate() {
        let shown = Shown::of(entry);
        writeln!(out, "\nevent {} of {}: {}", number + 1, batch.entries.len(), shown.event_id)?;
        out.write_all(pretty(&shown)?.as_bytes())?;
    }
    Ok(())
}

/// Has the worker try letters again, and writes how many. Each goes back to the events as it came
/// and is removed when the broker has it; what fails again becomes a letter again.
///
/// # Errors
/// When there is no letter with one of the ids (the others are replayed), or the broker does not
/// answer; what was done by then is written in both cases.
pub async fn replay(desk: &Desk, which: &Which, out: &mut impl Write) -> Result<(), DeskError> {
    let mut replayed = Replayed::default();
    let outcome = replay_each(desk, which, &mut replayed).await;
    writeln!(
        out,
        "replayed {} with {}",
        counted(replayed.letters, "letter"),
        counted(replayed.events, "event")
    )?;
    outcome
}

#[derive(Debug, Default)]
struct Replayed {
    letters: usize,
    events: usize,
}

async fn replay_each(desk: &Desk, which: &Which, replayed: &mut Replayed) -> Result<(), DeskError> {
    let mut letters = Selected::begin(desk, which).await?;
    while let Some(letter) = letters.next().await? {
        letters.pass.publish(&letter).await?;
        replayed.letters += 1;
        replayed.events += letter.batch().map_or(0, |batch| batch.entries.len());
        letters.pass.remove(letter).await?;
    }
    letters.finish().await
}

/// Removes letters for good, and writes the id of each.
///
/// # Errors
/// When there is no letter with one of the ids (the others are removed), or the broker does not
/// answer.
pub async fn discard(desk: &Desk, which: &Which, out: &mut impl Write) -> Result<(), DeskError> {
    let mut letters = Selected::begin(desk, which).await?;
    while let Some(letter) = letters.next().await? {
        let line = format!("dropped {}\n", plain(letter.id.as_str()));
        letters.pass.remove(letter).await?;
        out.write_all(line.as_bytes())?;
    }
    letters.finish().await
}

/// A pass in which only the letters that a command is about are met.
struct Selected<'a> {
    pass: Pass<'a>,
    which: &'a Which,
    /// Ids that were met; no more than were asked for.
    met: BTreeSet<LetterId>,
}

impl<'a> Selected<'a> {
    async fn begin(desk: &'a Desk, which: &'a Which) -> Result<Self, DeskError> {
        Ok(Self { pass: desk.pass().await?, which, met: BTreeSet::new() })
    }

    async fn next(&mut self) -> Result<Option<Found>, DeskError> {
        while let Some(letter) = self.pass.next().await? {
            match self.which {
                Which::All => return Ok(Some(letter)),
                Which::Ids(ids) if ids.contains(&letter.id) => {
                    self.met.insert(letter.id.clone());
                    return Ok(Some(letter));
                }
                Which::Ids(_) => self.pass.put_back(letter),
            }
        }
        Ok(None)
    }

    /// Puts the others back, and fails with the ids that were asked for and not met.
    async fn finish(self) -> Result<(), DeskError> {
        self.pass.finish().await?;
        let Which::Ids(ids) = self.which else { return Ok(()) };
        let unknown: Vec<LetterId> = ids.difference(&self.met).cloned().collect();
        if unknown.is_empty() { Ok(()) } else { Err(DeskError::Unknown(unknown)) }
    }
}
