//! Who reads what the macros write.

use std::env;

use proc_macro2::Span;

/// The compiler shows a mistake in generated code at the token whose span it has; so generated code has the spans of what the user wrote. An
/// editor goes from a token to whatever has its span; so there nothing has it but what the token means. One expansion cannot serve both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reader {
    Compiler,
    Editor,
}

impl Reader {
    /// rust-analyzer runs macros in a program of its own, `rust-analyzer-proc-macro-srv`, or in itself. What an editor shows of `cargo check` is
    /// the compiler's.
    pub(crate) fn here() -> Self {
        let program = env::current_exe().ok();
        let name = program.as_deref().and_then(|program| program.file_name()).map(|name| name.to_string_lossy());
        if name.is_some_and(|name| name.starts_with("rust-analyzer")) { Self::Editor } else { Self::Compiler }
    }

    /// Where tokens of ours stand, if a mistake in them is to be shown at `at`.
    pub(crate) fn shown(self, at: Span) -> Span {
        match self {
            Self::Compiler => at,
            Self::Editor => Span::call_site().resolved_at(at),
        }
    }
}
