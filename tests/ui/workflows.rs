//! Workflows to nest, for the wrong programs that do. Most do without: they take as long to compile as all of `steps.rs`.
#![allow(dead_code, unused)]
use crate::steps::*;
use agno::prelude::*;

workflow! {
    /// A workflow to nest.
    pub Polishing(draft: Draft) -> Article { polish; }
}
workflow! {
    /// A workflow that needs an executor.
    pub Edited(draft: Draft) -> Article { use editor: Editor; editor; }
}
workflow! {
    /// A workflow with additional data.
    pub Priced(draft: Draft) -> Draft { extra client: Client; price; }
}
workflow! {
    /// A workflow with a state.
    pub Counted(draft: Draft) -> Draft { state usage: Usage; improve; }
}
