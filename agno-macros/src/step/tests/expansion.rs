use super::expand;

/// Formatted, so that a change shows as a change of lines.
fn formatted(options: &str, item: &str) -> String {
    let file = syn::parse2(expand(options, item)).expect("the expansion is Rust");
    prettyplease::unparse(&file)
}

macro_rules! expands {
    ($($(#[$doc:meta])* $name:ident: ($options:expr) $item:expr;)*) => {$(
        $(#[$doc])*
        #[test]
        fn $name() {
            insta::assert_snapshot!(stringify!($name), formatted($options, $item), $item);
        }
    )*};
}

expands! {
    async_fn: ("") "/// Finds posts.\npub async fn find(topic: &Topic) -> Posts { search(topic).await }";
    sync_fn: ("") "fn count(posts: &Posts) -> usize { posts.len() }";
    blocking_fn: ("blocking") "pub(crate) fn read(file: &FileName) -> std::io::Result<String> { std::fs::read_to_string(&file.0) }";
    no_parameters_and_no_output: ("") "async fn tick() {}";
    raw_identifier: ("") "fn r#loop(r#type: &Kind) -> bool { true }";
    forms_of_data: ("") "fn mix<'a>(mut a: u32, b: &'a str, c: &[Post], d: Option<&Tone>, e: Option<&str>, f: Option<&[Post]>, (g, h): &(A, B), _: &C) -> u32 { a += 1; a }";
    state_written: ("") "async fn charge(order: &Order, usage: &mut Usage) -> Receipt { pay(order, usage).await }";
    state_read: ("") "async fn price(order: &Order, #[state] cart: &Cart) -> Price { cart.price(order) }";
    extra: ("") "async fn fetch(url: &Url, #[extra] client: &Client) -> Page { client.get(url).await }";
    context: ("") "async fn ask(ctx: &agno::StepContext, topic: &Topic) -> Answer { ctx.ask(topic).await }";
    everything_at_once: ("") "async fn all(a: &A, state: &mut S, #[extra] extra: &X, ctx: &StepContext, b: B) -> Result<T, E> { todo!() }";
    result: ("") "async fn find(topic: &Topic) -> Result<Posts, FetchError> { search(topic).await }";
    result_alias: ("") "async fn find(topic: &Topic) -> anyhow::Result<Posts> { search(topic).await }";
    control_flow: ("") "fn check(draft: &Draft) -> ControlFlow<Article> { ControlFlow::Continue(()) }";
    control_flow_in_result: ("") "fn check(draft: &Draft) -> Result<std::ops::ControlFlow<Article, Draft>, CheckError> { todo!() }";
    result_in_control_flow: ("") "fn check(draft: &Draft) -> ControlFlow<Article, Result<Draft, CheckError>> { todo!() }";
    async_executor: ("name = \"author\"") "/// Writes.\nimpl Writer { const MAX: usize = { 3 }; pub async fn run(&self, topic: &Topic, #[extra] client: &Client) -> Result<Draft, WriteError> { todo!() } fn help(&self) {} }";
    sync_executor: ("blocking") "impl HTTPClient { fn run(&self, url: &Url, cache: &mut Cache, ctx: &StepContext) -> Page { todo!() } }";
    executor_that_names_itself: ("") "impl Rule { fn run(&self, others: Vec<Self>) -> Self { todo!() } }";
    all_options: ("name = \"find posts\", label = \"Find posts\", retry = RETRIES, backoff = \"200ms\", max_backoff = \"1m\", retry_if = FetchError::is_transient, timeout = \"30s\", history = 3, effect = once, crate = crate::flow")
        "async fn find(topic: &Topic) -> Result<Posts, FetchError> { search(topic).await }";
    history_of_all_runs: ("history") "fn a() {}";
    history_off: ("history = off") "fn a() {}";
    /// Items have no hygiene: ours give way to the user's types.
    names_like_ours: ("retry = META") "fn call(call: &Call, p: &P, o: O) -> Result<Call2, META> { todo!() }";
    attributes: ("") "#[cfg(unix)]\n/// One.\n///\n///     two\n#[doc = include_str!(\"three.md\")]\n#[deprecated = \"use new\"]\n#[inline]\npub fn old() {}";
    /// A mistake in the options leaves the step as it is.
    only_an_option_is_wrong: ("retries = 3") "fn find(topic: &Topic) -> Posts { todo!() }";
    /// A mistake in the signature leaves a stub that fits everywhere.
    the_signature_is_wrong: ("") "pub fn find(a: &mut A, b: &mut B) -> Posts { todo!() }";
    the_executor_is_wrong: ("") "impl<T> Writer<T> { async fn run(&self, topic: &Topic) -> T { todo!() } }";
}
