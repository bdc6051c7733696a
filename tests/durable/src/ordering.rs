//! A smaller workflow, for many runs, and for processes that stand still in the middle of one.

use agno::prelude::*;

use crate::effects::{did, did_at_gate};

/// What a session has booked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ledger {
    /// Amounts, in order.
    pub booked: Vec<usize>,
}

#[step]
async fn weigh(order: &str, ctx: &StepContext) -> usize {
    did_at_gate(ctx).await;
    order.len()
}

#[step]
async fn price(order: &str, ctx: &StepContext) -> usize {
    did_at_gate(ctx).await;
    order.split(' ').count()
}

#[step]
async fn book(weight: &usize, price: &usize, ledger: &mut Ledger, ctx: &StepContext) -> usize {
    let amount = weight * price;
    ledger.booked.push(amount);
    did_at_gate(ctx).await;
    amount
}

#[step(effect = once)]
async fn ship(amount: &usize, sure: &bool, ctx: &StepContext) -> String {
    did_at_gate(ctx).await;
    format!("{amount} {sure}")
}

/// Its first attempt fails.
#[step(retry = 1, backoff = "1ms", effect = idempotent)]
async fn label(letter: &str, ctx: &StepContext) -> Result<String, std::io::Error> {
    did_at_gate(ctx).await;
    if ctx.attempt() == 1 { Err(std::io::Error::other("not yet")) } else { Ok(letter.to_uppercase()) }
}

#[step]
fn file_away(labels: &[String], ctx: &StepContext) -> String {
    did(ctx);
    labels.join("")
}

workflow! {
    /// Branches, a state, a question, an effect that must not be repeated.
    pub Ordering(order: String) -> String {
        state ledger: Ledger;

        parallel quote { weigh(order); price(order); }
        book(quote.weigh, quote.price);
        ask sure: bool = "Ship it?";
        ship(book, sure);
    }
}

workflow! {
    /// Steps with a key, in items, tried again.
    pub Labelling(text: String) -> String {
        label as whole;
        map as letters |whole| whole.chars().map(String::from).collect::<Vec<_>>();
        each labels |letter| { label; }
        file_away;
    }
}

/// What is ordered.
pub const ORDER: &str = "three red apples";

/// What comes of it, where the question is answered by yes.
pub const SHIPPED: &str = "48 true";

/// The workflow over a store.
pub fn ordering(db: impl Into<agno::db::Store>) -> Ordering {
    Ordering::builder().db(db).build()
}

/// The other workflow over a store.
pub fn labelling(db: impl Into<agno::db::Store>) -> Labelling {
    Labelling::builder().db(db).build()
}

/// Yes. About a step that a crash has cut a person has to be asked: that is answered by the tests that cut it.
pub fn yes() -> agno::testing::Answers {
    agno::testing::Answers::new().answer("sure", true)
}
