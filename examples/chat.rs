//! A workflow as a conversation in the terminal: a clerk who takes orders, and asks before a large one.
//!
//! ```text
//! cargo run --example chat
//! cargo run --example chat -- --steps --stream --session ann-1 --user Ann
//! ```
//!
//! Type `3 apples`, then `300 pears`; `bill` prints what was ordered, and `bye` ends.

use std::{collections::BTreeMap, time::Duration};

use agno::prelude::*;

/// What was ordered so far: the session's state, which all runs of the conversation share.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Order {
    lines: BTreeMap<String, u32>,
}

/// What somebody wants.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Wish {
    Bill,
    Goods { what: String, count: u32 },
    Unclear,
}

/// Reads a line like `3 apples`.
#[step]
fn understand(line: &str) -> Wish {
    let words: Vec<_> = line.split_whitespace().collect();
    match words[..] {
        ["bill"] => Wish::Bill,
        [count, what] => match count.parse() {
            Ok(count) => Wish::Goods { what: what.to_lowercase(), count },
            Err(_) => Wish::Unclear,
        },
        _ => Wish::Unclear,
    }
}

#[step]
fn is_large(wish: &Wish) -> bool {
    matches!(wish, Wish::Goods { count, .. } if *count > 100)
}

/// Whether a large order is meant.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
enum Sure {
    Yes,
    /// So many instead.
    Fewer(u32),
    No,
}

#[step]
fn corrected(wish: &Wish, sure: &Sure) -> Wish {
    match (wish, sure) {
        (Wish::Goods { what, .. }, Sure::Fewer(count)) => Wish::Goods { what: what.clone(), count: *count },
        (_, Sure::No) => Wish::Unclear,
        (wish, _) => wish.clone(),
    }
}

/// Writes it down, and says so, word by word.
#[step]
async fn serve(wish: &Wish, order: &mut Order, ctx: &StepContext) -> String {
    let text = match wish {
        Wish::Goods { what, count } => {
            *order.lines.entry(what.clone()).or_default() += count;
            format!("I have written down **{count} {what}**, which makes {} in all.", order.lines[what])
        }
        Wish::Bill if order.lines.is_empty() => "You have ordered nothing yet.".to_owned(),
        Wish::Bill => {
            let lines: Vec<_> = order.lines.iter().map(|(what, count)| format!("| {what} | {count} |")).collect();
            format!("| goods | count |\n|:--|--:|\n{}\n", lines.join("\n"))
        }
        Wish::Unclear => "Say a number and a word, such as `3 apples`, or `bill`.".to_owned(),
    };
    for word in text.split_inclusive(' ') {
        ctx.emit(word);
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    text
}

workflow! {
    /// Takes orders.
    Clerk(line: String) -> String {
        state order: Order;

        understand;
        condition checked (is_large) {
            ask sure: Sure = "That is a lot. Are you sure?";
            corrected(understand, sure);
        }
        serve;
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    Clerk::new().cli().args(std::env::args_os().skip(1)).await
}
