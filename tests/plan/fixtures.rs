//! Workflows to draw: one for each construct, one with all of them in each other, and ones whose runs fail, pause or complete.

use agno::{Plan, prelude::*};

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Topic {
    pub(crate) title: String,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub(crate) struct Usage {
    calls: u32,
}

#[derive(Clone, Debug, Default, JsonSchema)]
pub(crate) struct Client;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub(crate) enum Review {
    Approve,
    Reject,
}

#[derive(Debug)]
pub(crate) struct Broken;

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("out of order")
    }
}

impl std::error::Error for Broken {}

/// Reads the title.
#[step(retry = 3, backoff = "200ms", max_backoff = "1m", timeout = "30s", label = "Read it")]
pub(crate) async fn title(topic: &Topic) -> Result<String, Broken> {
    Ok(topic.title.clone())
}

#[step(blocking)]
pub(crate) fn shout(text: &str) -> String {
    text.to_uppercase()
}

#[step(effect = once, timeout = "5s")]
pub(crate) async fn publish(text: &str) -> String {
    text.to_owned()
}

/// Says it softly.
///
/// Softer each time.
#[step]
pub(crate) fn whisper(text: &str, times: u32, note: Option<&Topic>) -> String {
    _ = (times, note);
    text.to_lowercase()
}

#[step]
pub(crate) fn is_long(text: &str) -> bool {
    text.len() > 10
}

#[step]
pub(crate) fn words(text: &str) -> Vec<String> {
    text.split(' ').map(str::to_owned).collect()
}

#[step]
pub(crate) fn glue(words: &[String]) -> String {
    words.join(" ")
}

#[step]
pub(crate) fn same(text: &str) -> String {
    text.to_owned()
}

#[step]
pub(crate) fn longer(text: &str) -> String {
    format!("{text}!!!!")
}

#[step]
pub(crate) fn both(one: &str, _other: &str) -> String {
    one.to_owned()
}

/// Fails for texts that begin with a `b`.
#[step(retry = 1, backoff = "1ms")]
pub(crate) async fn picky(text: &str) -> Result<String, Broken> {
    if text.starts_with('b') { Err(Broken) } else { Ok(text.to_owned()) }
}

/// Edits.
pub(crate) struct Editor;

/// Edits.
#[step]
impl Editor {
    async fn run(&self, text: &str) -> String {
        text.to_owned()
    }
}

#[step]
pub(crate) fn kinds(text: &str) -> Vec<u32> {
    vec![u32::try_from(text.len()).unwrap_or_default(), 1]
}

workflow! {
    /// One step with all that can be said of it.
    pub(crate) OneStep(topic: Topic) -> String {
        /// The first.
        title;
        whisper(title, 3, Some(topic.clone())) as quiet with (retry = 1, backoff = "1s", timeout = "2s", label = "Softly", history = off, on_error = skip);
        publish;
    }
}

workflow! {
    pub(crate) Executors(text: String) -> String {
        use editor: Editor;
        editor;
        editor(text) as again with (timeout = "1m");
    }
}

workflow! {
    pub(crate) Group(text: String) -> String {
        #[was("old_group")]
        steps group (timeout = "1h") { shout; same; }
    }
}

workflow! {
    pub(crate) Side(text: String) -> String {
        parallel sides (limit = 2) { shout as left; steps middle { same; longer; } same as right; }
        map |left, middle, right| format!("{left}{middle}{right}");
    }
}

workflow! {
    pub(crate) Items(text: String) -> String {
        words;
        each items |item| (limit = 4) { same(item); longer; }
        glue;
    }
}

workflow! {
    pub(crate) Conditions(text: String) -> String {
        condition plain (is_long) { shout; }
        condition sides (|text| text.is_empty()) { shout as big; } else { same as small; longer; }
        condition maybe (is_long) { same; } else none;
        map |text| text.clone().unwrap_or_default();
    }
}

workflow! {
    pub(crate) Loops(text: String) -> String {
        loop turns (max = 5, until = is_long, on_max = fail) { same as turn; longer; }
        loop again (max = 2, restart) { longer as once; }
        loop until_closure (max = 3, until = |text| text.len() > 3) { longer as more; }
    }
}

workflow! {
    pub(crate) Routers(text: String) -> String {
        router way (|text| text.len()) {
            0 => same as none,
            1..=9 => { shout as few; same as then; }
            _ => steps group { longer; },
        }
        router several (kinds, many) {
            1 => longer,
            _ => same,
        }
    }
}

workflow! {
    pub(crate) Waits(text: String) -> String {
        ask review: Review = "Publish?" with (timeout = "24h", default = Review::Approve);
        ask free: String = format!("{review:?}?");
        sleep "10m";
        sleep as nap "90s";
    }
}

workflow! {
    pub(crate) Failures(text: String) -> String {
        picky with (on_error = fallback(same));
        picky as skipped with (on_error = skip);
        picky as none with (on_error = none);
        map |text| text.clone().unwrap_or_default();
        picky as decided with (on_error = pause);
        parallel sides (on_error = collect) { picky as left; same as right; }
        map as joined |left, right| format!("{left:?}{right:?}");
    }
}

workflow! {
    /// Asks itself again.
    pub(crate) Recursive(text: String) -> String {
        condition again (is_long) { Recursive; }
    }
}

workflow! {
    /// Nests others.
    pub(crate) Nested(text: String) -> String {
        Group;
        Recursive as deep with (retry = 2, timeout = "1m");
        parallel two { Group as one; Recursive; }
        both;
    }
}

workflow! {
    /// Everything, in each other.
    ///
    /// At length.
    pub(crate) Everything(topic: Topic) -> String with (name = "All of it", id = "all", history = 2, store_events, skip_events = [StepStarted], durability = run, retry_on_conflict = 7) {
        use editor: Editor;
        state usage: Usage;
        extra client: Client;

        title;
        parallel work (limit = 2, timeout = "10m") {
            steps left {
                words;
                each items (limit = 3, on_error = collect) {
                    loop polish (max = 2, until = is_long) {
                        condition small (is_long) { same; } else { longer; }
                    }
                }
                map |items| items.iter().flatten().cloned().collect::<Vec<String>>();
                glue;
            }
            router way (|title| title.len().min(2)) {
                0 => ask text: String = "What \"else\" | <b>then</b>?\nReally?" with (timeout = "1h"),
                1 => Recursive,
                _ => { sleep "1s"; Nested with (retry = 1); }
            }
        }
        both;
        editor with (on_error = fallback(shout));
        publish;
    }
}

workflow! {
    /// Completes, fails at `bad`, or waits, as its input says.
    pub(crate) Ways(text: String) -> String {
        words;
        each items |item| (on_error = collect) { picky(item); }
        map as good |items| items.iter().flatten().cloned().collect::<Vec<String>>();
        glue;
        loop grow (max = 5, until = is_long) { longer; }
        condition check (|text| text.contains("ask")) {
            ask review: Review = "Go on?";
            map as reviewed |review| format!("{review:?}");
        } else {
            steps quiet { picky as careful; }
        }
        router way (|text| text.len() % 2) {
            0 => Group,
            _ => { picky as last; same; }
        }
    }
}

/// One plan for each construct, with its name.
pub(crate) fn constructs() -> [(&'static str, &'static Plan); 12] {
    [
        ("one_step", OneStep::PLAN),
        ("executors", Executors::PLAN),
        ("group", Group::PLAN),
        ("side", Side::PLAN),
        ("items", Items::PLAN),
        ("conditions", Conditions::PLAN),
        ("loops", Loops::PLAN),
        ("routers", Routers::PLAN),
        ("waits", Waits::PLAN),
        ("failures", Failures::PLAN),
        ("nested", Nested::PLAN),
        ("everything", Everything::PLAN),
    ]
}
