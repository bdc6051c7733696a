//! Steps and types that the wrong programs share. Each program compiles them again, so there are not many.
#![allow(dead_code, unused)]
use agno::prelude::*;

#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Topic { pub title: String }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Posts { pub pages: Vec<String> }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Draft { pub title: String, pub claims: u32 }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Article { pub text: String }
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Heavy { pub body: String }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Audience { Tech, Business, General }
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Usage { pub calls: u32 }
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct Cart { pub items: u32 }
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Client { pub name: String }

#[step]
pub async fn search(topic: &Topic) -> Posts { unreachable!() }
#[step]
pub async fn draft(topic: &Topic) -> Draft { unreachable!() }
#[step]
pub async fn write(topic: &Topic, posts: &Posts) -> Draft { unreachable!() }
#[step]
pub fn has_claims(draft: &Draft) -> bool { unreachable!() }
#[step]
pub fn count(draft: &Draft) -> u32 { unreachable!() }
#[step]
pub async fn verify(draft: &Draft) -> Draft { unreachable!() }
#[step]
pub async fn check(draft: &Draft) -> Result<Draft, std::io::Error> { unreachable!() }
#[step]
pub async fn polish(draft: &Draft) -> Article { unreachable!() }
#[step]
pub fn audience(draft: &Draft) -> Audience { unreachable!() }
#[step]
pub fn improve(draft: &Draft, usage: &mut Usage) -> Draft { unreachable!() }
#[step]
pub fn sections(draft: &Draft) -> Vec<Draft> { unreachable!() }
#[step]
pub fn weigh(draft: &Draft) -> Heavy { unreachable!() }
#[step]
pub fn price(draft: &Draft, #[extra] client: &Client) -> Draft { unreachable!() }
#[step]
pub fn early(draft: &Draft) -> ControlFlow<Article, Draft> { unreachable!() }

/// An executor.
#[derive(Debug)]
pub struct Editor;
#[step]
impl Editor {
    async fn run(&self, draft: &Draft) -> Article { unreachable!() }
}
