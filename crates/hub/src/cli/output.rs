//! Printing: tables for people on a terminal, JSON for everybody else.

use std::io::Write;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

/// A terminal that claims to be narrower is not believed.
const NARROWEST: u16 = 20;

/// It is taken for one of this many columns.
const USUAL_WIDTH: u16 = 120;

/// Where results go, and in which form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Output {
    form: Form,
    terminal: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    Text,
    Json,
}

/// What the command line says about the form.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Wish {
    /// JSON.
    Json,
    /// Tables.
    Table,
    /// Nothing: a terminal gets tables, a pipe or file gets JSON.
    AsItGoes,
}

#[expect(clippy::unused_self, reason = "only who has chosen a form prints")]
impl Output {
    pub(super) fn choose(wish: Wish, terminal: bool) -> Self {
        let form = match wish {
            Wish::Table => Form::Text,
            Wish::AsItGoes if terminal => Form::Text,
            Wish::Json | Wish::AsItGoes => Form::Json,
        };
        Self { form, terminal }
    }

    /// Whether results are printed as JSON.
    pub(super) fn is_json(self) -> bool {
        self.form == Form::Json
    }

    /// Whether somebody looks at it.
    pub(super) fn is_terminal(self) -> bool {
        self.terminal
    }

    /// One result.
    pub(super) fn json(self, value: &impl Serialize) -> anyhow::Result<()> {
        let mut text = serde_json::to_string_pretty(value)?;
        text.push('\n');
        write(&text)
    }

    /// One of many results that come over time: a line each.
    pub(super) fn json_line(self, value: &impl Serialize) -> anyhow::Result<()> {
        let mut text = serde_json::to_string(value)?;
        text.push('\n');
        write(&text)
    }

    /// Text for people. What others wrote goes through [`printable`] first.
    pub(super) fn line(self, text: impl AsRef<str>) -> anyhow::Result<()> {
        write(&format!("{}\n", text.as_ref()))
    }

    /// A table; without rows, a line that says what there is not.
    pub(super) fn table(
        self,
        header: &[&str],
        rows: Vec<Vec<String>>,
        if_empty: &str,
    ) -> anyhow::Result<()> {
        if rows.is_empty() {
            return self.line(if_empty);
        }
        let mut table = Table::new();
        table
            .load_style(presets::UTF8_FULL_CONDENSED.with_rounded_corners())
            .set_content_arrangement(ContentArrangement::Dynamic)
            .set_header(header.iter().copied());
        for row in rows {
            table.add_row(row.iter().map(|cell| printable(cell)));
        }
        // Some terminals say nothing of their width, or 0.
        if table.width().is_some_and(|width| width < NARROWEST) {
            table.set_width(USUAL_WIDTH);
        }
        self.line(table.to_string())
    }

    /// What one thing is: a name and a value per line. Empty values are left out.
    pub(super) fn facts(self, facts: &[(&str, String)]) -> anyhow::Result<()> {
        let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
        for (name, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
            self.line(format!("{name:width$}  {}", printable(value)))?;
        }
        Ok(())
    }
}

fn write(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Something for the person, beside the results.
pub(super) fn aside(text: impl AsRef<str>) {
    // With stderr closed there is nobody to tell.
    let _ = writeln!(std::io::stderr().lock(), "{}", text.as_ref());
}

/// Text that others wrote, without what a terminal would obey.
pub(crate) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            // Marks that turn the writing direction of the rest of the line.
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => '\u{fffd}',
            c => c,
        })
        .collect()
}

/// A value that may be absent.
pub(super) fn or_empty<T: ToString>(value: Option<T>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// How often; nothing for never.
pub(super) fn times(count: i32) -> String {
    match count {
        0 => String::new(),
        1 => "once".to_owned(),
        count => format!("{count} times"),
    }
}

/// An instant to the second.
pub(crate) fn at(time: jiff::Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_gets_tables_and_a_pipe_gets_json() {
        assert!(!Output::choose(Wish::AsItGoes, true).is_json());
        assert!(Output::choose(Wish::AsItGoes, false).is_json());
        assert!(Output::choose(Wish::Json, true).is_json());
        assert!(!Output::choose(Wish::Table, false).is_json());
    }

    #[test]
    fn what_others_wrote_cannot_command_the_terminal() {
        assert_eq!(printable("Ann\u{1b}[2J\nLee"), "Ann\u{fffd}[2J Lee");
        assert_eq!(printable("a\u{202e}b"), "a\u{fffd}b");
        assert_eq!(printable("Иван 山田 ليلى"), "Иван 山田 ليلى");
    }
}
