//! Workflows whose steps write down that they ran: one with every kind of node ([`Everything`]), and smaller ones ([`ordering`]).

pub mod effects;
pub mod ordering;
pub mod rest;

use std::sync::Arc;

use agno::prelude::*;

use self::effects::did;
pub use self::effects::{EFFECTS, effects_here, effects_in};

/// What the session has seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Words, in order.
    pub seen: Vec<String>,
}

/// Some words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Words(pub Vec<String>);

/// An executor that ends words.
#[derive(Clone, Copy, Debug)]
pub struct Hand(pub char);

#[step]
impl Hand {
    async fn run(&self, words: &Words, ctx: &StepContext) -> Words {
        did(ctx);
        tokio::task::yield_now().await;
        Words(words.0.iter().map(|word| format!("{word}{}", self.0)).collect())
    }
}

#[step]
fn split(text: &str, ctx: &StepContext) -> Words {
    did(ctx);
    Words(text.split(' ').map(str::to_owned).collect())
}

#[step]
async fn note(words: &Words, tally: &mut Tally, ctx: &StepContext) -> usize {
    did(ctx);
    tally.seen.extend(words.0.iter().cloned());
    tally.seen.len()
}

#[step]
async fn longest(words: &Words, ctx: &StepContext) -> String {
    did(ctx);
    words.0.iter().max_by_key(|word| word.len()).cloned().unwrap_or_default()
}

#[step]
fn shortest(words: &Words, ctx: &StepContext) -> Result<String, std::io::Error> {
    did(ctx);
    words.0.iter().min_by_key(|word| word.len()).cloned().ok_or_else(|| std::io::Error::other("no words"))
}

#[step]
async fn shout(word: &str, ctx: &StepContext) -> String {
    did(ctx);
    ctx.attach(Media::file(format!("https://example.com/{word}")));
    word.to_uppercase()
}

#[step]
fn is_long(words: &Words, ctx: &StepContext) -> bool {
    did(ctx);
    words.0.len() > 2
}

#[step]
fn add_one(words: &Words, ctx: &StepContext) -> Words {
    did(ctx);
    Words(words.0.iter().cloned().chain(["more".to_owned()]).collect())
}

#[step]
fn enough(words: &Words) -> bool {
    words.0.len() >= 5
}

#[step]
fn size(words: &Words) -> u8 {
    u8::try_from(words.0.len()).unwrap_or(u8::MAX)
}

#[step]
fn drop_first(words: &Words, ctx: &StepContext) -> Words {
    did(ctx);
    Words(words.0.iter().skip(1).cloned().collect())
}

#[step(retry = 2, backoff = "1ms")]
async fn fails_first(words: &Words, ctx: &StepContext) -> Result<Words, std::io::Error> {
    let upper = ctx.step::<shout>(words.0.concat()).await.map_err(std::io::Error::other)?;
    did(ctx);
    if ctx.attempt() == 1 { Err(std::io::Error::other("not yet")) } else { Ok(Words(vec![upper.to_string()])) }
}

#[step]
fn broken(_words: &Words) -> Result<Words, std::io::Error> {
    Err(std::io::Error::other("broken"))
}

#[step]
fn instead(words: &Words, ctx: &StepContext) -> Words {
    did(ctx);
    words.clone()
}

#[step(effect = once)]
async fn pay(words: &Words, ctx: &StepContext) -> usize {
    did(ctx);
    words.0.len()
}

#[step]
fn sum(loud: &[String], paid: &usize, ok: &bool, count: &usize, ctx: &StepContext) -> String {
    did(ctx);
    format!("{} {paid} {ok} {count}", loud.join(" "))
}

workflow! {
    /// Nested: a loop of its own.
    pub Grow(words: Words) -> Words {
        loop growing (max = 9, until = enough) { add_one; }
        map as copied |words| words.clone();
    }
}

workflow! {
    /// Every kind of node.
    pub Everything(text: String) -> String {
        use hand: Hand;
        state tally: Tally;

        split;
        note as noted;
        parallel ends (limit = 2) { longest(split); shortest(split); hand(split) as touched; }
        condition check (is_long(split)) { add_one(split) as added; } else { instead(split); }
        router by_size (size) {
            0..=1 => instead as few,
            _ => steps several { drop_first; hand as handled; },
        }
        Grow;
        fails_first;
        broken with (on_error = fallback(instead));
        broken as skipped with (on_error = skip);
        parallel asks { ask go_on: bool = "Go on?"; instead(grow) as beside; }
        sleep "5ms";
        pay(grow);
        map as list |_paid| grow.0.clone();
        each loud |word| (limit = 2) { shout; }
        note(grow) as noted_again;
        sum(loud, pay, asks.go_on, noted_again);
    }
}

/// The workflow over a store.
pub fn everything(db: impl Into<agno::db::Store>) -> Everything {
    Everything::builder().hand(Hand('.')).db(db).build()
}

/// What is answered to its questions. That about `pay` is asked where a crash has cut it.
pub fn answers() -> agno::testing::Answers {
    agno::testing::Answers::new().answer("go_on", true).answer("pay/error", "retry")
}

/// A store by its address: a file for SQLite, or `postgres://…#schema`.
///
/// # Errors
/// It does not open.
pub async fn open(address: &str) -> Result<agno::db::Store, agno::DbError> {
    Ok(open_db(address).await?.into())
}

/// The same, for whoever looks at its rows.
///
/// # Errors
/// It does not open.
pub async fn open_db(address: &str) -> Result<Arc<dyn Db>, agno::DbError> {
    #[cfg(feature = "postgres")]
    if let Some((url, schema)) = address.strip_prefix("postgres").and(address.split_once('#')) {
        return Ok(Arc::new(agno::PostgresDb::options().schema(schema).connect(url).await?));
    }
    Ok(Arc::new(agno::SqliteDb::open(address).await?))
}
