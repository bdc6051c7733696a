//! What `workflow!` makes survives a crate that denies every lint, has no prelude, and calls its own things like ours.

#![deny(
    warnings,
    missing_docs,
    unsafe_code,
    clippy::all,
    clippy::pedantic,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    rust_2018_idioms
)]
#![allow(clippy::must_use_candidate, clippy::unused_async, clippy::trivially_copy_pass_by_ref, clippy::needless_pass_by_value)]

/// Steps.
pub mod steps {
    use agno::{StepContext, step};
    use schemars::JsonSchema;
    use serde::{Deserialize, Serialize};
    /// T
    #[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
    pub struct Topic {
        /// t
        pub title: String,
        /// d
        pub depth: u32,
    }
    /// K
    #[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
    pub enum Kind {
        /// a
        A(u32),
        /// b
        B {
            /// w
            why: String,
        },
        /// c
        C,
    }
    /// a
    #[step]
    pub async fn a(t: &Topic) -> Topic {
        t.clone()
    }
    /// b
    #[step]
    pub fn b(t: &Topic, _ctx: &StepContext) -> u32 {
        t.depth
    }
    /// c
    #[step]
    pub fn c(t: &Topic, n: u32) -> Topic {
        Topic { depth: n, ..t.clone() }
    }
    /// k
    #[step]
    pub fn kind(t: &Topic) -> Kind {
        if t.depth > 3 { Kind::C } else { Kind::A(t.depth) }
    }
    /// p
    #[step]
    pub fn p(t: &Topic) -> bool {
        t.depth > 3
    }
    /// u
    #[step]
    pub fn usage(t: &Topic, u: &mut Topic) -> Topic {
        u.depth += 1;
        t.clone()
    }
    /// l
    #[step]
    pub fn list(t: &Topic) -> Vec<Topic> {
        vec![t.clone()]
    }
    /// e
    #[derive(Debug)]
    pub struct Exec;
    #[step]
    impl Exec {
        /// runs
        pub async fn run(&self, t: &Topic) -> Topic {
            t.clone()
        }
    }
}

/// Names like ours, no prelude.
pub mod no_prelude {
    #![no_implicit_prelude]
    #![allow(dead_code, non_snake_case, clippy::items_after_statements, non_camel_case_types, non_upper_case_globals)]
    use super::steps::{Exec, Kind, Topic, a, b, c, kind, list, p, usage};
    use ::agno::workflow;
    type Result<T> = ::std::option::Option<T>;
    struct Option;
    struct Vec;
    struct String;
    struct Box;
    struct Shared;
    struct Clone;
    struct Send;
    struct Node;
    struct Plan;
    struct Uses;
    struct Builder;
    fn Ok() {}
    fn Err() {}
    fn Some() {}
    const None: u32 = 3;
    const N0: u32 = 3;
    const N1: u32 = 4;
    const PLAN: u32 = 5;
    const CX: u32 = 3;
    fn drop() {}
    fn call() {}
    fn open() {}
    mod core {}
    mod std {}
    mod agno {}
    mod missing {}
    mod clone {}
    #[allow(unused_macros)]
    macro_rules! unreachable {
        () => {
            compile_error!("ours")
        };
    }
    #[allow(unused_macros)]
    macro_rules! h_a {
        () => {
            compile_error!("ours")
        };
    }
    fn cx_is(n: u32) -> u32 {
        n
    }

    workflow! {
        /// All of it.
        pub All(topic: Topic) -> Topic with (history = 2) {
            /// Executes.
            use exec: Exec;
            use uses: Exec;
            state state: Topic;
            a;
            c(topic, N0 + N1 + PLAN + CX + cx_is(None)) as open;
            exec as call;
            uses as out;
            usage;
            parallel both (timeout = "3s") { a(topic) as stop; b(topic); steps s { list(topic) as items; map |l| l.len(); } }
            map as n |x, y, z| x.depth + y + ::core::convert::TryFrom::try_from(*z).unwrap_or(0);
            c(topic, n) as index;
            condition check (p) { a as stop; } else { c(topic, both.b) as run; }
            condition passes (|t| t.depth > 3 && topic.depth > 3) { a as again; }
            condition maybe (p) { a as third; } else none;
            map as done |m| ::core::clone::Clone::clone(m.as_ref().unwrap_or(&Topic { title: ::std::string::String::new(), depth: 3 }));
            loop turns |current| (max = 2, until = p, timeout = "2s") { c(current, 3) as next; }
            loop again2 |_again| (max = 2, restart, until = |t| t.depth > 1) { a as x; }
            list as joined;
            each each |item| (limit = 2) { a as o; c(item, 3); }
            map as last |l| ::core::clone::Clone::clone(&l[0]);
            router r (kind) { Kind::A(_) | Kind::B { why: _ } if last.depth > 100 => a as y, Kind::A(n) => c(last, *n), Kind::B { why } if why.is_empty() => a as z, Kind::B { .. } | Kind::C => a as w }
            a(topic) as skipping with (on_error = skip);
            a(topic) as none with (on_error = none);
            a(topic) as retrying with (retry = 2, backoff = "1ms", timeout = "1s", label = "R", on_error = fallback(usage));
            a(topic) as pausing with (on_error = pause);
            ask run: bool = "Go?" with (timeout = "1h", default = true);
            a(topic) as before;
            sleep "1ms";
            router q (|_r| ::std::vec![1_u8, 2], many) { 1 => a as v, _ => a as u }
        }
    }
    workflow! {
        /// By itself.
        pub SelfNested(topic: Topic) -> Topic { state s: Topic = Topic { title: ::std::string::ToString::to_string("x"), depth: 3 }; condition stop (p) { a; } else { map |t| Topic { depth: t.depth + 1, title: ::core::clone::Clone::clone(&t.title) }; SelfNested; } }
    }
}
/// In a function, and private.
pub fn inside() {
    use agno::{step, workflow};
    use steps::Topic;
    #[derive(Clone, Debug, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
    struct Private(u8);
    #[step]
    fn private(t: &Topic) -> Private {
        Private(u8::try_from(t.depth).unwrap_or(0))
    }
    workflow! { W(topic: Topic) -> Private { private; } }
    let _ = W::new();
    let _ = W::PLAN;
    let _ = W::input_schema();
}
/// raw
pub mod raw {
    use agno::{step, workflow};
    /// m
    #[step]
    pub fn r#match(n: u32) -> u32 {
        n
    }
    workflow! { /// W
    pub W(r#type: u32) -> u32 { r#match; r#match(r#type) as r#loop; r#match(r#loop + 1, ) as x; map as r#fn |x| x + r#loop; } }
}

#[test]
fn it_compiles() {
    inside();
    let _ = no_prelude::SelfNested::new();
    let _ = raw::W::new();
}
