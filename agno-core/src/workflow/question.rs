//! Which question an answer is for.

use std::marker::PhantomData;

/// Which question is answered: by its path or name, or typed.
pub trait AnswerTo<T> {
    /// The question's path or name.
    fn path(&self) -> String;
}

impl<T> AnswerTo<T> for &str {
    fn path(&self) -> String {
        (*self).to_owned()
    }
}

impl<T> AnswerTo<T> for String {
    fn path(&self) -> String {
        self.clone()
    }
}

impl<T> AnswerTo<T> for &String {
    fn path(&self) -> String {
        (*self).clone()
    }
}

/// A question of a workflow, with the type of its answer: `ContentPipeline::questions().review`.
#[derive(Debug)]
pub struct QuestionAt<T> {
    path: &'static str,
    answer: PhantomData<fn(T)>,
}

impl<T> Clone for QuestionAt<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for QuestionAt<T> {}

impl<T> QuestionAt<T> {
    /// The question at a place in the plan: its path without indices.
    #[doc(hidden)]
    #[must_use]
    pub const fn new(path: &'static str) -> Self {
        Self { path, answer: PhantomData }
    }

    /// Its place in the plan: the path without indices.
    #[must_use]
    pub const fn path(&self) -> &'static str {
        self.path
    }
}

impl<T> AnswerTo<T> for QuestionAt<T> {
    fn path(&self) -> String {
        self.path.to_owned()
    }
}
