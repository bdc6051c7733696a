//! Asking people: typed questions, several at once, answers from JSON, a decision about a failed step.
//!
//! ```text
//! cargo run --example human_in_the_loop
//! ```

use agno::prelude::*;
use serde_json::json;

/// An invoice that somebody has to approve.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
struct Invoice {
    number: u32,
    amount: u32,
}

/// What a person may say. Its JSON Schema is the form.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Approval {
    Approve,
    Refuse { reason: String },
}

#[step]
fn is_large(invoice: &Invoice) -> bool {
    invoice.amount > 1_000
}

/// Both have to agree.
#[step]
fn decide(budget: &Approval, legal: &Approval) -> Approval {
    [budget, legal].into_iter().find(|approval| **approval != Approval::Approve).cloned().unwrap_or(Approval::Approve)
}

/// Pays. Here the bank refuses once.
#[step]
fn pay(invoice: &Invoice, approval: &Approval) -> Result<String, std::io::Error> {
    static CALLS: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    match approval {
        Approval::Refuse { reason } => Ok(format!("invoice {} is refused: {reason}", invoice.number)),
        Approval::Approve if CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed) == 0 => {
            Err(std::io::Error::other("the bank does not answer"))
        }
        Approval::Approve => Ok(format!("invoice {} is paid", invoice.number)),
    }
}

workflow! {
    /// Pays an invoice; a large one only after two people agreed.
    PayInvoice(invoice: Invoice) -> String {
        condition approval (is_large) {
            parallel people {
                ask budget: Approval = format!("Is there a budget for {}?", invoice.amount);
                ask legal: Approval = "Is the contract valid?" with (timeout = "48h", default = Approval::Approve);
            }
            decide;
        } else {
            map |_invoice| Approval::Approve;
        }
        // A failure does not end the run: a person decides what to do.
        pay(invoice, approval) with (on_error = pause);
    }
}

#[tokio::main]
async fn main() -> agno::Result<()> {
    let workflow = PayInvoice::new();

    // A small invoice runs through to the bank, which fails; the open question is about that.
    let Outcome::Paused(paused) = workflow.run(Invoice { number: 1, amount: 50 }).outcome().await? else { return Ok(()) };
    println!("{paused}\n");
    let run = workflow.answer(paused.run_id(), "pay/error", ErrorDecision::Retry).await?;
    println!("{}\n", run.content);

    // A large one asks two people at once. The program may end here: with a database the run outlives it.
    let Outcome::Paused(paused) = workflow.run(Invoice { number: 2, amount: 5_000 }).outcome().await? else { return Ok(()) };
    println!("{paused}\n");

    // A form sends JSON, which is checked. The run stays paused until an answer fits.
    if let Err(error) = workflow.answer_json(paused.run_id(), "approval/people/budget", json!({ "refuse": {} })).await {
        println!("{error}\n");
    }

    // In Rust the question is a value with the answer's type. What is missing after one answer is asked for again.
    let questions = PayInvoice::questions();
    let Outcome::Paused(paused) = workflow.answer(paused.run_id(), questions.legal, Approval::Approve).outcome().await? else {
        return Ok(());
    };
    println!("{paused}\n");
    let refusal = json!({ "refuse": { "reason": "not this year" } });
    let run = workflow.answer_json(paused.run_id(), "budget", refusal).await?;
    println!("{}", run.content);
    Ok(())
}
