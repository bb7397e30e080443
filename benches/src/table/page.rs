//! The page of the whole table, and the charts beside it.

use std::fmt::{self, Write as _};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::kind::Kind;
use super::{Entry, chart};
use crate::report::bars::{self, Row};
use crate::report::charts;
use crate::report::page::{Run, write_machine, write_run};
use crate::system::machine::Machine;

/// What the page tells.
#[derive(Debug)]
pub struct Page<'a> {
    /// Names the files.
    pub name: &'a str,
    /// The arguments of the program.
    pub arguments: &'a str,
    /// Where it ran.
    pub machine: &'a Machine,
    /// What was measured, in this order.
    pub entries: &'a [Entry],
}

/// Writes the page and its charts; tells where the page is.
///
/// # Errors
/// When a file can't be written.
pub fn write(page: &Page<'_>, folder: &Path) -> io::Result<PathBuf> {
    fs::create_dir_all(folder)?;
    let stem = format!("{}-{}", page.machine.day, page.name);
    let bars = format!("{stem}-bars.svg");
    fs::write(folder.join(&bars), chart::svg(&rows(page.entries)))?;
    let mut names = vec![("All figures against their bars", bars)];
    let first = page.entries.iter().find(|entry| entry.kind == Kind::Single);
    if let Some(Ok(ran)) = first.map(|entry| &entry.result) {
        for (suffix, chart) in charts(&ran.measured, &ran.groups) {
            let name = format!("{stem}-{suffix}.svg");
            fs::write(folder.join(&name), chart.to_svg())?;
            names.push((chart.title, name));
        }
    }
    let path = folder.join(format!("{stem}.md"));
    fs::write(&path, markdown(page, &names))?;
    Ok(path)
}

/// All lines of the table.
#[must_use]
pub fn rows(entries: &[Entry]) -> Vec<Row> {
    entries.iter().flat_map(Entry::rows).collect()
}

/// The page, with links to the charts.
#[must_use]
pub fn markdown(page: &Page<'_>, charts: &[(&str, String)]) -> String {
    let mut text = String::new();
    // Writing to a string can't fail.
    let _infallible = write_page(page, charts, &mut text);
    text
}

fn write_page(page: &Page<'_>, charts: &[(&str, String)], text: &mut String) -> fmt::Result {
    writeln!(text, "# {} {}\n", page.machine.day, page.name)?;
    match page.arguments {
        "" => writeln!(text, "    make bench\n")?,
        arguments => writeln!(text, "    make bench ARGS=\"{arguments}\"\n")?,
    }
    write_machine(page.machine, text)?;
    if cfg!(debug_assertions) {
        writeln!(text, "**A debug build: what is measured is no figure of the system.**\n")?;
    }
    writeln!(text, "{}", bars::markdown(&rows(page.entries)))?;
    write_verdicts(page.entries, text)?;
    for (title, file) in charts {
        writeln!(text, "![{title}]({file})\n")?;
    }
    for entry in page.entries {
        let Ok(ran) = &entry.result else { continue };
        writeln!(text, "## `{}`: {}\n", entry.kind.name(), entry.kind.what())?;
        let (measured, checks, groups) = (&ran.measured, &ran.checks, &ran.groups);
        write_run(&Run { measured, checks, groups }, text)?;
    }
    Ok(())
}

/// What is wrong, if anything is.
fn write_verdicts(entries: &[Entry], text: &mut String) -> fmt::Result {
    for entry in entries {
        let name = entry.kind.name();
        match &entry.result {
            Ok(ran) => {
                for check in ran.checks.iter().filter(|check| !check.holds()) {
                    writeln!(text, "**WRONG in `{name}`: {}**\n", check.what)?;
                }
            }
            Err(error) => writeln!(text, "**`{name}` failed:** {error:#}\n")?,
        }
    }
    if entries.iter().all(Entry::holds) {
        writeln!(text, "Postgres holds everything that was accepted, once.\n")?;
    }
    Ok(())
}
