//! The figures as a table: a row per figure, a column per engine, followed by what could not be measured.

use super::Measured;
use crate::models;

/// A figure's name, and how it is written for one engine.
type Row = (&'static str, fn(&Measured) -> String);

const ROWS: &[Row] = &[
    ("model", |measured| measured.model.clone()),
    ("load", |measured| if measured.load_ms > 0.0 { milliseconds(measured.load_ms) } else { none() }),
    ("prompt", |measured| tokens(measured.prompt_tokens)),
    ("prefill", |measured| rate(measured.prefill_rate)),
    ("generated", |measured| tokens(measured.tokens_out)),
    ("decode", |measured| rate(measured.decode_rate)),
    ("first token, cold", |measured| milliseconds(measured.first_token_cold_ms)),
    ("first token, warm", |measured| milliseconds(measured.first_token_warm_ms)),
    ("  read again", |measured| tokens(measured.warm_tokens_decoded)),
    ("busy after a cancel", |measured| measured.busy_after_cancel_ms.map_or_else(none, milliseconds)),
    ("four at once", |measured| rate(measured.four_at_once_rate)),
    ("  read, generated", |measured| format!("{}, {}", measured.four_at_once_prompt_tokens, measured.four_at_once_tokens_out)),
    ("  last first token", |measured| milliseconds(measured.four_at_once_first_token_ms)),
    ("memory", |measured| measured.engine_rss_bytes.map_or_else(none, models::size)),
];

fn none() -> String {
    "-".into()
}

fn milliseconds(value: f64) -> String {
    format!("{value:.0} ms")
}

/// A server that reports no counts has no rate.
fn rate(value: f64) -> String {
    if value > 0.0 { format!("{value:.1} tokens/s") } else { none() }
}

fn tokens(count: u64) -> String {
    format!("{count} tokens")
}

/// The table of all engines.
pub(super) fn table(all: &[Measured]) -> String {
    let good: Vec<&Measured> = all.iter().filter(|measured| measured.error.is_none()).collect();
    let widest = |measured: &Measured| ROWS.iter().map(|(_, write)| write(measured).chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = good.iter().map(|measured| widest(measured).max(measured.engine.chars().count())).collect();
    let line = |name: &str, cells: &mut dyn Iterator<Item = String>| {
        let cells: String = cells.zip(&widths).map(|(cell, width)| format!("  {cell:>width$}")).collect();
        format!("{name:<20}{cells}\n")
    };
    let mut text = String::new();
    if !good.is_empty() {
        text += &line("", &mut good.iter().map(|measured| measured.engine.clone()));
        for (name, write) in ROWS {
            text += &line(name, &mut good.iter().map(|measured| write(measured)));
        }
    }
    for measured in all {
        if let Some(error) = &measured.error {
            text += &format!("{} ({}) failed: {error}\n", measured.engine, measured.model);
        }
    }
    text
}
