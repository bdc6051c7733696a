//! What the compiler asks of steps and workflows: the traits and types that its messages name.
//!
//! Programs do not use them. They are here so that a message can be looked up: each says which rule of the language it stands for.
//!
//! | rule | traits |
//! |---|---|
//! | what a step takes and gives is stored and described | [`StepInput`], [`StepOutput`], [`ByValue`], [`PlainValue`], [`Failure`] |
//! | so is what a workflow takes, gives and asks for | [`WorkflowValue`], [`QuestionText`], [`AdditionalData`] |
//! | the session state has a type, a first value and one writer at a time | [`SessionState`], [`DefaultState`], [`Holds`], [`Alone`], [`Sole`] |
//! | a step's additional data is declared | [`Knows`] |
//! | what runs at a node is a step, a workflow or an executor | [`Executor`], [`ByType`], [`Given`] |
//! | two ways to one place have one type | [`SameAs`], [`CarriedAs`], [`Ends`] |
//! | a container owns its values | [`List`], [`Owns`] |
//! | a migration makes a node's value of an older one | [`migrate`], [`RecordsValueOf`], [`NestDoor`] |

pub use crate::{
    content::{AnyValue, ByValue, Codec, Failure, Hidden, Never, PlainValue, Returns, StepOutput, WorkflowValue},
    plan::{AdditionalData, Executor, NoExecutor, migrate},
    run::{
        Alone, Apart, Branch, ByType, CarriedAs, Child, Container, Decision, DefaultState, Ending, Ends, Exclusive, Extra, Holds, Knows,
        List, NestDoor, NoExtra, Owns, Position, QuestionText, RecordsValueOf, SameAs, SessionState, Sole, Stateless,
    },
    schema::StepInput,
    workflow::Given,
};
