//! `ctx.idempotency_key()`: by what the other side tells repetitions.

use std::collections::{BTreeMap, HashSet};

use agno_durable::effects::{Done, keys_in};

use crate::support::{Place, on_each_store};

on_each_store! {
    a_key_is_of_one_step_of_one_run
}

async fn a_key_is_of_one_step_of_one_run(place: Place) {
    let mut all = HashSet::new();
    for run_id in ["a", "b"] {
        let mut player = place.gated(&["label", run_id]);
        // The first attempt has failed; the second one is cut.
        player.until("labels[1]/label").await;
        player.go().await;
        player.until("labels[1]/label").await;
        player.kill().await;
        assert_eq!(place.player("label", run_id).ends().await, "completed ABC");

        let mut keys: BTreeMap<String, HashSet<String>> = BTreeMap::new();
        let mut attempts: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for Done { path, attempt, key } in keys_in(&place.effects_file(), run_id) {
            keys.entry(path.clone()).or_default().insert(key);
            attempts.entry(path).or_default().push(attempt);
        }
        assert_eq!(attempts["labels[1]/label"][..2], [1, 2], "{attempts:?}");
        for (path, keys) in keys {
            assert_eq!(keys.len(), 1, "{path} of {run_id} has one key, whatever the attempt and the process: {keys:?}");
            assert!(keys.into_iter().all(|key| all.insert(key)), "{path} of {run_id} has a key that another step has");
        }
    }
    assert!(all.len() >= 4, "{all:?}");
}
