//! `use editor: Agent<Article>;` · `state cart: Cart = Cart::full();` · `extra client: ClientInfo;`

use proc_macro2::Ident;
use syn::{Attribute, Token, parse::ParseStream};

use super::{header, keyword, mistake, parse_type, recover};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::{Declarations, Extra, State, Use},
};

pub(super) fn parse_declarations(input: ParseStream<'_>, errors: &mut Errors) -> Declarations {
    let mut declarations = Declarations::default();
    loop {
        let ahead = input.fork();
        if ahead.call(Attribute::parse_outer).is_err() || !keyword::is_declaration(&ahead) {
            return declarations;
        }
        if let Err(error) = parse_declaration(input, &mut declarations) {
            errors.push(error);
            recover::skip_node(input);
        }
    }
}

/// One that stands after the first node; it is kept, so that what names it is not a second mistake.
pub(super) fn parse_late_declaration(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<()> {
    errors.at(input.span(), messages::DECLARATIONS_FIRST);
    parse_declaration(input, &mut Declarations::default())
}

fn parse_declaration(input: ParseStream<'_>, declarations: &mut Declarations) -> syn::Result<()> {
    let attrs = input.call(Attribute::parse_outer)?;
    if input.peek(Token![use]) {
        let keyword: Token![use] = input.parse()?;
        let name = input.parse::<Ident>().map_err(|_| syn::Error::new(keyword.span, messages::USE_IS_A_NAME))?;
        if !input.peek(Token![:]) || input.peek(Token![::]) {
            return mistake(name.span(), messages::use_needs_a_type(&name));
        }
        input.parse::<Token![:]>()?;
        let ty = parse_type(input, name.span(), format_args!("`use {name}`"))?;
        declarations.uses.push(Use { docs: header::docs(&attrs), name, ty });
    } else {
        let keyword: Ident = input.parse()?;
        let name: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = parse_type(input, name.span(), format_args!("`{keyword} {name}`"))?;
        if keyword == "state" {
            let first = if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                Some(input.parse()?)
            } else {
                None
            };
            declarations.states.push(State { name, ty, first });
        } else {
            declarations.extras.push(Extra { name, ty });
        }
    }
    input.parse::<Token![;]>()?;
    Ok(())
}
