//! One snapshot for each construct, so that `docs/internals/expansion.md` stays true.

use super::{body, expanded};

macro_rules! snapshots {
    ($($(#[$doc:meta])* $name:ident: $function:ident $source:literal;)*) => {
        $($(#[$doc])* #[test] fn $name() { insta::assert_snapshot!($function($source)); })*
    };
}

snapshots! {
    a_whole_workflow: expanded "/// Researches a topic.
        pub ContentPipeline(topic: Topic) -> Article {
            parallel research { hacker_news; web_search; }
            write;
        }";
    declarations_and_options: expanded r#"pub(crate) Full(topic: Topic) -> Article
        with (name = "All of it", id = "all", history = 3, store_events, skip_events = [StepStarted, RunContent], durability = run, retry_on_conflict = 5, crate = my::agno) {
            /// Writes.
            use writer: Agent<Article>;
            use critic: Critic;
            state usage: Usage = Usage::new(3);
            extra client: ClientInfo;
            writer;
            critic(topic, writer);
            ask review: Review = "Good?";
            steps end { ask review: Review = "Really?"; }
            finish(writer);
        }"#;
    state_by_default: expanded "W(topic: Topic) -> Article { state usage: Usage; write; }";
    a_stub: expanded r#"pub W(topic: Topic) -> Article { use writer: Writer; ask review: Review = "?"; writer(unknown); }"#;
    names_like_ours: expanded "W(P: O) -> PLAN { N0(N0_IF, Builder { missing }); }";

    arguments: body "W(topic: Topic) -> Article {
            plan;
            find(topic, 5, Some(3), &plan.pages[0..3], plan.title.len(), MAX, \"text\", format!(\"{topic:?} {plan}\"));
            write(plan, find);
            nothing();
        }";
    options_of_a_step: expanded r#"W(topic: Topic) -> Article {
            /// What it is for.
            #[was("compose")]
            write(topic) as draft with (retry = 3, backoff = "200ms", max_backoff = "10s", retry_if = errors::transient, timeout = "30s", label = "Writing", history = off, migrate = from_old);
        }"#;
    on_error: body "W(topic: Topic) -> Article {
            plan;
            fail with (on_error = fail);
            skip with (on_error = skip);
            none with (on_error = none);
            back(topic, 3) with (on_error = fallback(other));
            pause with (on_error = pause);
        }";
    on_error_of_containers: body "W(topic: Topic) -> Article {
            parallel two (on_error = pause) { a; b; }
            parallel more (on_error = skip) { c; d; }
            steps group (on_error = none) { parallel inner { e; f; } }
            steps again (on_error = pause) { g; }
            each items (on_error = collect) { h; }
            parallel all (on_error = collect) { i; parallel j { k; l; } }
            m;
        }";
    nested_and_executors: body "W(topic: Topic) -> Article {
            use editor: Agent<Article>;
            FactCheck;
            checks::FactCheck(topic) as second;
            W as again;
            editor(topic, again);
        }";
    steps: body r#"W(topic: Topic) -> Article { steps group (timeout = "30s") { a; b(topic); } c(topic); }"#;
    parallel: body "W(topic: Topic) -> Article {
            plan;
            parallel o (limit = 4) {
                a(topic);
                parallel i { b; c(plan) as d; }
                steps e { f; parallel g { h; k; } }
            }
            join;
            write(o.a, o.i.d, o.e.h.title, format!(\"{}\", o.i.b));
        }";
    each: body "W(topic: Topic) -> Vec<Page> { urls; each pages |url| (limit = 8) { fetch(url, topic); parallel both { parse; check; } } }";
    condition: body "W(topic: Topic) -> Article {
            draft;
            condition fact_check (has_claims(draft, topic)) { verify; }
            condition long (|d| d.words > topic.depth) { shorten; shorten as again; } else { lengthen; }
            condition maybe (|d| d.good) { praise; } else none;
            publish;
        }";
    r#loop: body r#"W(topic: Topic) -> Article {
            draft;
            loop refine |current| (max = 2 + 1, until = approved(improve, topic), on_max = fail, timeout = "5s") { review; improve(current, review); }
            loop again (max = LIMIT, restart) { polish; }
            loop until_short (max = 5, until = |d| d.words < 100) { shorten; }
            parallel two { a; b; }
            loop both |x, y| (max = 2) { parallel p { c(x); d(y); } }
            e;
        }"#;
    router: body "W(topic: Topic) -> Article {
            draft;
            router by_audience (audience(draft)) {
                Audience::Tech(level) if level.deep(&topic) => technical(draft, level),
                Audience::Business { why } | Audience::Sales { why } => { shorten(why, 3); polish; }
                _ => editor,
            }
            router by_word (|d| d.word.clone()) { \"a\" | \"b\" => one, other => two(other) }
        }";
    router_many: body "W(topic: Topic) -> Article { draft; router passes (choose, many) { Pass::Spell => spell, Pass::Tone(tone) => set_tone(draft, tone) } }";
    ask: body r#"W(topic: Topic) -> Article {
            draft;
            ask review: Review = "Publish?" with (timeout = "24h", default = Review::No);
            ask title: String = format!("A title for {}?", draft.words);
            publish(draft, review, title);
        }"#;
    sleep: body r#"W(topic: Topic) -> Article { draft; sleep "10m"; sleep as nap "1h" with (label = "Nap"); publish; }"#;
    map: body "W(topic: Topic) -> Article { parallel two { a; b; } map |a, b| a + b; map as total |sum| sum + topic.depth; finish(map, total); }";
    a_long_block: body "W(n: u32) -> u32 { a; b; c; d; e; f; g(a); h; i; j; k; l(c, j); }";
    a_big_body: body "W(n: u32) -> u32 { steps big { a; b; c; d; e; steps inner { f; g; h; i; j; k; l; } } parallel p { steps q { m; steps r { o; s; t; u; v; w; x; y; z; } } } }";
}
