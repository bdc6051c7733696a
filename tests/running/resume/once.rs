//! Steps that must not run twice, in runs that are stored when they end.

use std::collections::BTreeMap;

use agno::{InMemoryDb, prelude::*, testing::Doomed};

use crate::probe::Probe;

#[step]
async fn prepare(text: &str, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("prepare");
    text.to_owned()
}

#[step(effect = once)]
async fn charge(text: &str, #[extra] probe: &Probe) -> usize {
    let _alive = probe.enter("charge");
    text.len()
}

#[step]
async fn receipt(charge: &usize, #[extra] probe: &Probe) -> String {
    let _alive = probe.enter("receipt");
    format!("{charge} paid")
}

workflow! {
    Charged(text: String) -> String with (durability = run) {
        extra probe: Probe;
        prepare;
        charge;
        receipt;
    }
}

#[tokio::test(start_paused = true)]
async fn is_stored_before_it_begins_and_when_it_has_ended() {
    // How often each step ran, and whether a person was asked, by the write at which the process died.
    let mut seen = BTreeMap::<(usize, bool), (u32, u32, bool)>::new();
    for write in 0.. {
        let mut came_through = false;
        for made in [false, true] {
            let (db, probe) = (InMemoryDb::new(), Probe::new());
            let later = Charged::builder().db(db.another_owner()).build();
            let dying = Doomed::new(db).at(write, made);
            let wf = Charged::builder().db(dying.clone()).build();
            tokio::select! {
                biased;
                () = dying.died() => {}
                out = wf.run("abc").run_id("r").extra(probe.clone()) => {
                    out.expect("completes");
                    came_through = true;
                }
            }
            drop((wf, dying));
            let asked = match later.run("abc").run_id("r").extra(probe.clone()).outcome().await.expect("goes on") {
                Outcome::Completed(run) => {
                    assert_eq!(*run.content, "3 paid");
                    false
                }
                Outcome::Paused(paused) => {
                    assert_eq!(paused.questions()[0].path, "charge/error");
                    true
                }
            };
            assert!(probe.calls("charge") <= 1, "write {write} {made}");
            seen.insert((write, made), (probe.calls("prepare"), probe.calls("charge"), asked));
        }
        if came_through {
            break;
        }
    }
    let seen: Vec<_> = seen.into_iter().collect();
    let expected = [
        // The run itself.
        ((0, false), (1, 1, false)),
        ((0, true), (1, 1, false)),
        // What waits, and that the charge begins.
        ((1, false), (2, 1, false)),
        ((1, true), (1, 0, true)),
        // Its result.
        ((2, false), (1, 1, true)),
        ((2, true), (1, 1, false)),
        // The end.
        ((3, false), (1, 1, false)),
        ((3, true), (1, 1, false)),
        ((4, false), (1, 1, false)),
        ((4, true), (1, 1, false)),
    ];
    assert_eq!(seen, expected);
}
