//! A program that sells something, and its tests. The guide to testing shows this file.

use agno::{
    prelude::*,
    testing::{Answers, EventLog, Script},
};

// ------------------------------------------------------------------------------------------------ the program

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Order {
    item: String,
    cents: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
struct Receipt {
    number: u32,
}

#[derive(Debug, PartialEq)]
struct Declined;

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("declined")
    }
}

impl std::error::Error for Declined {}

/// Asks the bank, which no test can reach.
#[step(retry = 2, backoff = "1m")]
async fn charge(order: &Order) -> Result<Receipt, Declined> {
    _ = order;
    Err(Declined)
}

#[step]
fn permit(order: &Order, approved: bool) -> Result<Order, Declined> {
    if approved { Ok(order.clone()) } else { Err(Declined) }
}

workflow! {
    /// Sells something.
    Sale(order: Order) -> Receipt {
        condition expensive (|order| order.cents > 100_000) {
            ask approved: bool = "Sell it?";
            permit(order, approved);
        }
        sleep "2d";                                     // the customer may change their mind
        charge;
    }
}

// ------------------------------------------------------------------------------------------------ its tests

fn order(cents: u32) -> Order {
    Order { item: "a bicycle".into(), cents }
}

#[test]
fn a_step_is_a_function() {
    assert_eq!(permit(&order(1), false), Err(Declined));
}

#[tokio::test(start_paused = true)] // two days take no time
async fn a_declined_charge_is_tried_again() {
    let script = Script::new([Err(Declined), Ok(Receipt { number: 7 })]);
    let run = Sale::new().run(order(900)).doubles([charge::double(move |_| script.next())]);
    let log = EventLog::of(run.stream()).await.expect("it streams");
    log.assert(
        "
        WorkflowStarted
        …
        StepCompleted sleep
        StepStarted charge
        StepRetrying charge (attempt 2)
        StepOutput charge
        StepCompleted charge
        WorkflowCompleted
        ",
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_expensive_is_approved() {
    let charged = charge::double(|order| Ok(Receipt { number: order.cents }));
    let answers = Answers::new().answer(Sale::questions().approved, true);
    let outcome = answers.run(Sale::new().run(order(200_000)).doubles([charged])).await.expect("it runs");
    let Outcome::Completed(run) = outcome else { panic!("{outcome:?}") };
    assert_eq!(run.content.number, 200_000);
}

#[tokio::test(start_paused = true)]
async fn what_nobody_approves_is_not_charged() {
    let answers = Answers::new().answer(Sale::questions().approved, false);
    let charged = charge::double(|_| unreachable!("nobody has approved"));
    let error = answers.run(Sale::new().run(order(200_000)).doubles([charged])).await.expect_err("it is refused");
    assert!(matches!(error, RunError::Failed { path, .. } if path == "expensive/permit"));
}
