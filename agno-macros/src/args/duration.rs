//! Durations: `"200ms"`, `"30s"`, `"24h"`, read at compile time.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{LitStr, parse::Parse, parse::ParseStream};

use crate::{diag::messages, paths::Root};

const UNITS: [(&str, u64); 6] =
    [("ms", 1_000_000), ("us", 1_000), ("s", 1_000_000_000), ("m", 60_000_000_000), ("h", 3_600_000_000_000), ("d", 86_400_000_000_000)];

/// A duration as the user wrote it, and what it means.
#[derive(Clone, Debug)]
pub(crate) struct DurationLit {
    nanos: u64,
    span: Span,
}

impl DurationLit {
    pub(crate) fn span(&self) -> Span {
        self.span
    }

    pub(crate) fn nanos(&self) -> u64 {
        self.nanos
    }

    /// A constant expression of type `Duration`.
    pub(crate) fn expand(&self, root: &Root) -> TokenStream {
        let nanos = self.nanos;
        quote!(#root::nanos(#nanos))
    }
}

impl Parse for DurationLit {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let literal: LitStr = input.parse().map_err(|error| syn::Error::new(error.span(), messages::duration_expected()))?;
        let text = literal.value();
        let nanos = parse_duration(&text).ok_or_else(|| syn::Error::new(literal.span(), messages::bad_duration(&text)))?;
        Ok(Self { nanos, span: literal.span() })
    }
}

fn parse_duration(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let (_, factor) = UNITS.iter().find(|(name, _)| *name == unit)?;
    number.parse::<u64>().ok()?.checked_mul(*factor).filter(|nanos| *nanos > 0)
}

#[cfg(test)]
mod tests {
    use super::parse_duration;

    #[test]
    fn durations_are_a_number_and_a_unit() {
        assert_eq!(parse_duration("200ms"), Some(200_000_000));
        assert_eq!(parse_duration("24h"), Some(86_400_000_000_000));
        for wrong in ["", "5", "s", "1.5s", "-1s", "5 s", "0s", "99999999999d"] {
            assert_eq!(parse_duration(wrong), None, "{wrong:?}");
        }
    }
}
