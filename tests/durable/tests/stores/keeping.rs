//! Workflows that keep amounts in their session's state.

use std::sync::Arc;

use agno::{db::Store, prelude::*};
use tokio::sync::{Notify, watch};

/// What a session has been given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Amounts(pub(crate) Vec<u32>);

/// Adds an amount. As long as it is closed, whoever has read the state stands still before he changes it.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    open: watch::Sender<bool>,
    arrived: Notify,
}

impl Gate {
    pub(crate) fn closed() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn opened() -> Arc<Self> {
        let gate = Self::closed();
        gate.open();
        gate
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }

    /// Waits until somebody stands at it.
    pub(crate) async fn arrived(&self) {
        self.arrived.notified().await;
    }
}

#[step]
impl Gate {
    pub(crate) async fn run(&self, amount: &u32, amounts: &mut Amounts) -> usize {
        self.arrived.notify_one();
        self.open.subscribe().wait_for(|open| *open).await.expect("it is there as long as the step");
        amounts.0.push(*amount);
        amounts.0.len()
    }
}

#[step]
fn add(amount: &u32, amounts: &mut Amounts) -> usize {
    amounts.0.push(*amount);
    amounts.0.len()
}

workflow! {
    /// One amount.
    pub(crate) Adding(amount: u32) -> usize {
        use gate: Gate;
        state amounts: Amounts;

        gate;
    }
}

workflow! {
    /// One amount, and another one that is asked for.
    pub(crate) Asking(amount: u32) -> usize {
        use gate: Gate;
        state amounts: Amounts;

        gate;
        ask more: u32 = "How much more?";
        add(more);
    }
}

pub(crate) fn adding(store: Store, gate: &Arc<Gate>) -> Adding {
    Adding::builder().gate(Arc::clone(gate)).db(store).build()
}

pub(crate) fn asking(store: Store, gate: &Arc<Gate>) -> Asking {
    Asking::builder().gate(Arc::clone(gate)).db(store).build()
}
