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

#[step(effect = once)]
async fn slow_charge(text: &str, #[extra] probe: &Probe) -> usize {
    probe.pass("charge").await;
    text.len()
}

#[step]
async fn check(text: &str, #[extra] probe: &Probe) -> Result<usize, std::io::Error> {
    // The first leg is cut while it waits.
    if probe.calls("check") == 0 {
        probe.pass("check").await;
    }
    if probe.calls("mended") == 0 { Err(std::io::Error::other("no stock")) } else { Ok(text.len()) }
}

workflow! {
    Checked(text: String) -> usize {
        extra probe: Probe;
        parallel both {
            check;
            slow_charge;
        }
        map |check, charge| check + charge;
    }
}

/// Resumes a run whose charge is in doubt: a person is asked, once the check passes, and nothing is charged before he has answered.
async fn asks_before_it_charges_again(wf: &Checked, probe: &Probe) {
    drop(probe.enter("mended"));
    let Outcome::Paused(paused) = wf.resume("r").extra(probe.clone()).outcome().await.expect("it asks") else { panic!("nobody was asked") };
    let [question] = paused.questions() else { panic!("{paused:?}") };
    assert_eq!(question.path, "both/slow_charge/error");
    assert!(question.text.contains("must run once"), "{}", question.text);
    assert_eq!(probe.calls("charge"), 1);
    probe.open("charge");
    let out = wf.answer_json("r", "both/slow_charge/error", "retry").extra(probe.clone()).await.expect("completes");
    assert_eq!((*out.content, probe.calls("charge")), (6, 2));
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_failure_beside_it_ended_is_asked_about() {
    for wf in [Checked::new(), Checked::builder().db(InMemoryDb::new()).store_events(true).build()] {
        let probe = Probe::new();
        let run = wf.run("abc").run_id("r").extra(probe.clone());
        let (failed, ()) = futures_util::future::join(run.into_future(), async {
            probe.called("charge", 1).await;
            probe.open("check");
        })
        .await;
        failed.expect_err("there is no stock");
        asks_before_it_charges_again(&wf, &probe).await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_a_crash_cut_is_asked_about_even_if_the_next_leg_fails_before_it() {
    for store_events in [false, true] {
        let (db, probe) = (InMemoryDb::new(), Probe::new());
        let later = Checked::builder().db(db.another_owner()).store_events(store_events).build();
        let wf = Checked::builder().db(db).store_events(store_events).build();
        probe.cut("charge", 1, wf.run("abc").run_id("r").extra(probe.clone())).await;
        drop(wf);
        probe.open("check");
        later.resume("r").extra(probe.clone()).await.expect_err("there is no stock");
        assert_eq!(probe.calls("charge"), 1);
        asks_before_it_charges_again(&later, &probe).await;
    }
}
