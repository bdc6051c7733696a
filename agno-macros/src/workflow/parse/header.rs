//! `/// Doc. pub Name(input: Type) -> Type with (…) { … }`

use proc_macro2::{Ident, TokenTree};
use syn::{Attribute, Expr, Token, Type, Visibility, ext::IdentExt, parenthesized, parse::ParseStream, token};

use super::{Parsed, block, declarations, keyword, mistake, options, parse_type};
use crate::{
    diag::{Errors, workflow_messages as messages},
    workflow::ast::{Declarations, Header, Outline, Workflow},
};

pub(super) fn parse_workflow(input: ParseStream<'_>, parsed: &mut Parsed, errors: &mut Errors) -> syn::Result<()> {
    let header = parse_header(input, parsed, errors)?;
    parsed.outline = Some(Outline { header: header.clone(), declarations: Declarations::default(), asks: Vec::new() });
    if !input.peek(token::Brace) {
        return mistake(header.name.span(), messages::workflow_needs_a_block(&header.name));
    }
    let content;
    syn::braced!(content in input);
    let declarations = declarations::parse_declarations(&content, errors);
    let body = block::parse_nodes(&content, errors);
    if body.nodes.is_empty() && errors.is_empty() {
        errors.at(header.name.span(), messages::empty_workflow(&header.name));
    }
    parsed.outline = Some(Outline { header: header.clone(), declarations: declarations.clone(), asks: body.asks() });
    parsed.workflow = Some(Workflow { header, declarations, body });
    if let Some((rest, _)) = input.cursor().token_tree() {
        errors.at(rest.span(), messages::ONE_WORKFLOW);
    }
    Ok(())
}

fn parse_header(input: ParseStream<'_>, parsed: &mut Parsed, errors: &mut Errors) -> syn::Result<Header> {
    let attrs = input.call(Attribute::parse_outer)?;
    let docs = docs(&attrs);
    let vis: Visibility = input.parse()?;
    if let Some(word) = item_keyword(input) {
        errors.at(word.span(), messages::item_keyword(&word));
        while item_keyword(input).is_some() {
            input.call(Ident::parse_any)?;
        }
    }
    let name: Ident = input.parse().map_err(|error| syn::Error::new(error.span(), messages::NAME_EXPECTED))?;
    parsed.name = Some((vis.clone(), name.clone()));
    if input.peek(Token![<]) {
        return mistake(input.span(), messages::NO_GENERICS);
    }
    if !input.peek(token::Paren) {
        return mistake(name.span(), messages::input_expected(&name));
    }
    let (input_name, input_type) = parse_input(input, &name, errors)?;
    if !input.peek(Token![->]) {
        return mistake(name.span(), messages::output_expected(&name));
    }
    let arrow: Token![->] = input.parse()?;
    let output = parse_type(input, arrow.spans[0], "the output")?;
    let options = match keyword::with(input) {
        Some(_) => options::parse_workflow_options(input, errors)?,
        None => Default::default(),
    };
    Ok(Header { attrs, docs, vis, name, input: input_name, input_type, output, options })
}

/// `fn`, where a name should stand.
fn item_keyword(input: ParseStream<'_>) -> Option<Ident> {
    let (word, _) = input.cursor().ident()?;
    ["fn", "async", "struct"].iter().any(|item| word == item).then_some(word)
}

fn parse_input(input: ParseStream<'_>, name: &Ident, errors: &mut Errors) -> syn::Result<(Ident, Type)> {
    let content;
    let paren = parenthesized!(content in input);
    if content.is_empty() {
        return mistake(paren.span.join(), messages::one_input(name));
    }
    let input_name: Ident = content.parse()?;
    content.parse::<Token![:]>()?;
    let ty = parse_type(&content, input_name.span(), format_args!("the input `{input_name}`"))?;
    if !content.is_empty() {
        content.parse::<Token![,]>()?;
    }
    if let Some((extra, _)) = content.cursor().token_tree() {
        errors.at(extra.span(), messages::one_input(name));
        while content.parse::<TokenTree>().is_ok() {}
    }
    Ok((input_name, ty))
}

/// The text of doc comments; `None` where there are none, or where one is computed.
pub(super) fn docs(attrs: &[Attribute]) -> Option<String> {
    let mut lines = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        let syn::Meta::NameValue(meta) = &attr.meta else { continue };
        let Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) = &meta.value else { return None };
        let text = text.value();
        lines.extend(text.split('\n').map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()));
    }
    let text = lines.join("\n").trim().to_owned();
    (!text.is_empty()).then_some(text)
}
