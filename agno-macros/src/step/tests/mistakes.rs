use proc_macro2::{TokenStream, TokenTree};
use syn::LitStr;

use super::expand;

/// The texts of the `compile_error!`s.
fn messages(tokens: TokenStream) -> Vec<String> {
    let mut messages = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(ident) if ident == "compile_error" => {
                let _exclamation_mark = tokens.next();
                let Some(TokenTree::Group(text)) = tokens.next() else { panic!("`compile_error!` without its text") };
                messages.push(syn::parse2::<LitStr>(text.stream()).expect("a text").value());
            }
            TokenTree::Group(group) => messages.extend(self::messages(group.stream())),
            _ => {}
        }
    }
    messages
}

/// Each item has one mistake, of which the message says so much at least.
#[track_caller]
fn refused(options: &str, item: &str, expected: &str) {
    let messages = messages(expand(options, item));
    assert_eq!(messages.len(), 1, "{item}: {messages:#?}");
    assert!(messages[0].contains(expected), "{item}: {messages:#?}");
}

#[test]
fn steps_are_functions_and_impl_blocks() {
    refused("", "struct Writer;", "does not go on a struct; put it on a function, or on `impl Writer {");
    refused("", "pub(crate) enum Kind { A }", "does not go on an enum");
    refused("", "union Bits { a: u8 }", "does not go on a union");
    refused("", "pub trait Write { fn run(&self); }", "does not go on a trait");
    refused("", "unsafe trait Write {}", "does not go on a trait");
    refused("", "mod steps {}", "does not go on a module");
    refused("", "type A = B;", "does not go on a type alias");
    refused("", "const A: u8 = 1;", "does not go on a constant");
    refused("", "static A: u8 = 1;", "does not go on a static");
    refused("", "use a::b;", "does not go on a `use`");
    refused("", "macro_rules! a { () => {} }", "does not go on a macro");
    refused("", "fn declared(&self);", "function with a body");
    refused("", "3", "goes on a function");
}

#[test]
fn functions_are_plain() {
    refused("", "fn run(&self) {}", "a method cannot be a step by itself");
    refused("", "fn u32() {}", "would hide the primitive type `u32`");
    refused("", "fn r#str() {}", "would hide the primitive type `str`");
    refused("", "unsafe fn a() {}", "remove `unsafe`");
    refused("", "const fn a() {}", "remove `const`");
    refused("", "extern \"C\" fn a() {}", "remove `extern`");
    refused("", "fn a(b: u8, ...) {}", "fixed number of parameters");
    refused("", "fn a<T>(b: &T) {}", "generic over `T`");
    refused("", "fn a<'a, const N: usize>(b: &'a [u8; N]) {}", "generic over `N`");
}

#[test]
fn executors_have_a_method_run() {
    refused("", "impl Writer { fn write(&self) {} }", "`Writer` has no method `run`");
    refused("", "impl Writer<Draft> { fn write(&self) {} }", "`Writer<Draft>` has no method `run`");
    refused("", "impl Write for Writer { fn run(&self) {} }", "`impl` block without a trait; write `impl Writer {");
    refused("", "impl<T> Writer<T> { fn run(&self) {} }", "cannot be generic");
    refused("", "impl Writer<'_> { fn run(&self) {} }", "cannot be generic");
    refused("", "impl Writer { fn run() {} }", "takes `&self`; add it");
    refused("", "impl Writer { fn run(&mut self) {} }", "write `&self`");
    refused("", "impl Writer { fn run(self) {} }", "write `&self`");
    refused("", "impl Writer { fn run(self: Arc<Self>) {} }", "write `&self`");
    refused("", "impl Writer { fn run<T>(&self, a: T) {} }", "generic over `T`");
}

#[test]
fn parameters_are_data_state_extra_or_context() {
    refused("", "fn a(b: &mut B, c: &mut C) {}", "there is one; put both into one type");
    refused("", "fn a(#[state] b: &B, #[state] c: &C) {}", "there is one session state");
    refused("", "fn a(#[state] b: &B, c: &mut C) {}", "remove the `#[state]` parameter");
    refused("", "fn a(b: &mut B, #[state] c: &C) {}", "remove the `#[state]` parameter");
    refused("", "fn a(#[state] b: &mut B) {}", "remove `#[state]` to write it");
    refused("", "fn a(#[state] b: B) {}", "take it by reference");
    refused("", "fn a(#[state(cart)] b: &B) {}", "`state` takes no value");
    refused("", "fn a(#[extra] b: &mut B) {}", "remove `mut`");
    refused("", "fn a(#[extra] b: B) {}", "take it by reference");
    refused("", "fn a(#[extra] b: &B, #[extra] c: &C) {}", "once; remove this `#[extra]`");
    refused("", "fn a(#[extra] #[state] b: &B) {}", "`#[state]` or `#[extra]`, once");
    refused("", "fn a(b: &StepContext, c: &agno::StepContext) {}", "one context");
    refused("", "fn a(b: &mut StepContext) {}", "write `&StepContext`");
    refused("", "fn a(b: StepContext) {}", "`&StepContext`");
    refused("", "fn a(b: Option<&mut B>) {}", "always there");
    refused("", "fn a(b: &mut [B]) {}", "one value of a type");
    refused("", "fn a(b: &mut str) {}", "one value of a type");
    refused("", "fn a(b: &impl Draft) {}", "`impl Trait` cannot be one");
    refused("", "fn a(b: &dyn Draft) {}", "a trait object cannot be");
    refused("", "fn a(#[cfg(unix)] b: &B) {}", "cannot depend on `#[cfg]`");
}

#[test]
fn data_owns_what_it_holds() {
    for item in [
        "fn a(b: Vec<&B>) {}",
        "fn a(b: &[&str]) {}",
        "fn a(b: &Option<&B>) {}",
        "fn a(b: (&B, &C)) {}",
        "fn a(b: Option<&&B>) {}",
        "fn a<'a>(b: Cow<'a, str>) {}",
        "fn a<'a>(b: &mut State<'a>) {}",
    ] {
        refused("", item, "owns what it holds");
    }
    for item in ["fn a(b: &Cow<'static, str>) {}", "fn a(b: &Handler<fn(&str) -> &str>) {}", "fn a<'a>(b: &'a B) where 'a: 'a {}"] {
        assert_eq!(messages(expand("", item)), [""; 0], "{item}");
    }
}

#[test]
fn outputs_are_written_out_and_owned() {
    refused("", "fn a(b: &B) -> &C { b.c() }", "owns what it holds");
    refused("", "fn a<'a>(b: &'a B) -> Result<Cow<'a, str>, E> { b.c() }", "owns what it holds");
    refused("", "fn a(b: &B) -> Result<C, &str> { b.c() }", "owns what it holds");
    refused("", "fn a(b: &B) -> impl Future<Output = C> { b.c() }", "write the type, and `async fn`");
    refused("", "fn a() -> ! { loop {} }", "a step returns a value");
    refused("", "fn a() -> ControlFlow { b() }", "`ControlFlow<Output, T>`");
    refused("", "fn a() -> Result<ControlFlow, E> { b() }", "`ControlFlow<Output, T>`");
    assert_eq!(messages(expand("", "fn a() -> Result<C, &'static str> { b() }")), [""; 0]);
}

#[test]
fn options_are_known_and_given_once() {
    let item = "fn a() -> Result<A, E> { b() }";
    refused("retries = 3", item, "unknown option `retries`; did you mean `retry`?");
    refused("retry = 3, retry = 4", item, "option `retry` is given twice");
    refused("timout = \"3s\"", item, "unknown option `timout`; did you mean `timeout`?");
    refused("colour = 3", item, "unknown option `colour`; expected one of `name`");
    refused("3", item, "expected an option: one of `name`");
    refused("retry = 3 timeout = \"1s\"", item, "expected `,` after the option `retry`");
}

#[test]
fn options_have_the_values_they_need() {
    let item = "fn a() -> Result<A, E> { b() }";
    refused("retry", item, "option `retry` needs a value; write `retry = 3`");
    refused("retry(3)", item, "option `retry` needs a value; write `retry = 3`");
    refused("retry =", item, "option `retry` needs a value; write `retry = 3`");
    refused("retry = , blocking", item, "option `retry` needs a value; write `retry = 3`");
    refused("timeout = 30", item, "expected a duration");
    refused("timeout = \"30\"", item, "`30` is no duration");
    refused("name = find", item, "option `name` is a text in quotes");
    refused("name = \"\"", item, "option `name` is empty");
    refused("name = \"find/posts\"", item, "where `/` has a meaning");
    refused("label = \" \"", item, "option `label` is empty");
    refused("blocking = true", item, "`blocking` takes no value");
    refused("history(3)", item, "write `history = 3`");
    refused("effect = onse", item, "unknown effect `onse`; did you mean `once`?");
    refused("effect = \"once\"", item, "option `effect` is a word");
    refused("retry_if = |e| true", item, "the path of a function");
    refused("crate = \"agno\"", item, "expected");
}

#[test]
fn options_fit_the_step_and_each_other() {
    refused("retry_if = transient", "fn a() -> A { b() }", "this step returns none");
    refused("blocking", "async fn a() {}", "an `async fn` must not");
    refused("backoff = \"2s\", max_backoff = \"1s\"", "fn a() {}", "`max_backoff` is shorter");
}

#[test]
fn every_mistake_is_reported() {
    let messages =
        messages(expand("retries = 3, timeout = 3, blocking", "async unsafe fn a<T>(b: &mut B, c: &mut C, d: StepContext) -> &T { b() }"));
    let expected = [
        "unknown option",
        "expected a duration",
        "remove `unsafe`",
        "generic over `T`",
        "one type, or take",
        "`&StepContext`",
        "owns what",
    ];
    for text in expected {
        assert_eq!(messages.iter().filter(|message| message.contains(text)).count(), 1, "{text}: {messages:#?}");
    }
    assert_eq!(messages.len(), expected.len(), "{messages:#?}");
}
