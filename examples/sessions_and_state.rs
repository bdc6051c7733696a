//! Sessions: a typed state that runs share, and the history of what went in and came out.
//!
//! ```text
//! cargo run --example sessions_and_state
//! ```

use std::collections::BTreeMap;

use agno::prelude::*;

/// What the session remembers.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
struct Cart {
    items: BTreeMap<String, u32>,
}

/// An order, such as `3 apples`.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Order {
    what: String,
    #[schemars(range(min = 1))]
    count: u32,
}

/// `&mut` is the session's state. The change is stored together with the result; a failed attempt leaves no trace.
#[step]
fn add(order: &Order, cart: &mut Cart) -> Result<u32, OutOfStock> {
    let count = cart.items.entry(order.what.clone()).or_default();
    *count += order.count;
    if order.what == "pears" {
        return Err(OutOfStock(order.what.clone()));
    }
    Ok(*count)
}

/// `#[state]` reads it.
#[step]
fn total(#[state] cart: &Cart) -> u32 {
    cart.items.values().sum()
}

/// The inputs and outputs of earlier runs, typed.
#[step]
async fn report(order: &Order, total: &u32, ctx: &StepContext) -> agno::Result<String> {
    let history = ctx.history::<Shop>(10).await?;
    let before: Vec<&str> = history.iter().map(|(order, _)| order.what.as_str()).collect();
    Ok(format!("{} {}; {total} in the cart; before that: {before:?}", order.count, order.what))
}

workflow! {
    /// Puts an order into the session's cart.
    Shop(order: Order) -> String {
        state cart: Cart;
        add;
        total();
        report(order, total);
    }
}

#[derive(Debug)]
struct OutOfStock(String);

impl std::fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "no {} left", self.0)
    }
}

impl std::error::Error for OutOfStock {}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let shop = Shop::new();
    let orders = [("ann", "apples", 3), ("ann", "plums", 2), ("bob", "apples", 1), ("ann", "pears", 9), ("ann", "apples", 1)];
    for (session, what, count) in orders {
        match shop.run(Order { what: what.into(), count }).session(session).user(session).await {
            Ok(run) => println!("{session}: {}", run.content),
            Err(error) => println!("{session}: {error}"),
        }
    }

    println!("\nSessions:");
    for session in shop.sessions().list().await? {
        let cart = shop.sessions().state::<Cart>(&session.id).await?;
        println!("{}: {} run(s), {:?}", session.id, shop.sessions().run_ids(&session.id).await?.len(), cart.map(|cart| cart.items.clone()));
    }

    // A user sees what is theirs.
    println!("\nBob sees {} session(s)", shop.as_user("bob").sessions().list().await?.len());
    Ok(())
}
