//! The definition of a plan.

use serde_json::Value;

use super::{ArmPart, Code, Definition, Flow, Kind, Part, VERSION, canonical};
use crate::plan::{
    NodeKind, Plan,
    outline::{Outline, PlaceId, Runs, Way},
};

pub(super) fn write(plan: &Plan) -> Definition {
    let outline = Outline::new(plan);
    let workflow = Writer { outline: &outline }.flow(plan, &outline.body);
    Definition { version: VERSION, workflow }
}

struct Writer<'w> {
    outline: &'w Outline<'w>,
}

impl Writer<'_> {
    fn flow(&self, plan: &Plan, body: &[PlaceId]) -> Flow {
        let schema = |info: fn() -> crate::plan::TypeInfo| canonical::schema(&(info().schema)());
        Flow { input: schema(plan.input), output: schema(plan.output), state: plan.state.map(schema), nodes: self.parts(body) }
    }

    fn parts(&self, places: &[PlaceId]) -> Vec<Part> {
        places.iter().map(|id| self.part(*id)).collect()
    }

    fn part(&self, id: PlaceId) -> Part {
        let place = self.outline.place(id);
        let node = place.node;
        let value = node.value.map(|info| info());
        let schema = match place.runs {
            Runs::Step(step) => Some(step.output),
            _ => value.map(|value| value.schema).or_else(|| node.migration.map(|migration| migration.schema)),
        };
        let code = Code { was: node.was, migration: node.migration, schema, type_name: value.map(|value| value.name) };
        let fallback = place.fallback.map(|fallback| Box::new(self.part(fallback)));
        let mut part = Part { name: node.name.to_owned(), fingerprint: String::new(), kind: self.kind(id, code), fallback, code };
        let json = serde_json::to_value(&part).expect("a node has text, numbers and JSON only");
        // Half of it tells as many nodes apart as one workflow may have.
        part.fingerprint = canonical::fingerprint(&json)[..32].to_owned();
        part
    }

    fn kind(&self, id: PlaceId, code: Code) -> Kind {
        let place = self.outline.place(id);
        let block = |index: usize| place.blocks.get(index).map(|block| self.parts(&block.places)).unwrap_or_default();
        let decision = || place.decision.map(|decision| Box::new(self.part(decision)));
        let output = || code.schema.map(|schema| canonical::schema(&schema()));
        let a_decision = "what decides has a decision";
        match place.node.kind {
            NodeKind::Call => match place.runs {
                Runs::Step(step) => Kind::Step { runs: step.name.to_owned(), output: canonical::schema(&(step.output)()) },
                Runs::Workflow(plan) => {
                    let body = place.blocks.first().map(|block| block.places.as_slice()).unwrap_or_default();
                    Kind::Workflow { runs: plan.type_name.to_owned(), workflow: self.flow(plan, body) }
                }
                Runs::Again(_, of) => Kind::Recursion { up: self.workflows_between(id, of) },
                Runs::Itself => unreachable!("a call calls something"),
            },
            NodeKind::Decision => match place.runs {
                Runs::Step(step) => Kind::Decision { runs: Some(step.name.to_owned()), output: output() },
                _ => Kind::Decision { runs: None, output: None },
            },
            NodeKind::Map => Kind::Map { output: output() },
            NodeKind::Steps => Kind::Steps { nodes: block(0) },
            NodeKind::Parallel { limit: _ } => Kind::Parallel { nodes: block(0) },
            NodeKind::Each { limit: _ } => Kind::Each { nodes: block(0) },
            NodeKind::Condition { otherwise } => {
                Kind::Condition { decision: decision().expect(a_decision), nodes: block(0), otherwise, else_nodes: block(1) }
            }
            NodeKind::Loop { max, restart, on_max: _, until: _ } => Kind::Loop { max, restart, nodes: block(0), until: decision() },
            NodeKind::Router { many } => {
                let arms = place.blocks.iter().filter_map(|block| match block.way {
                    Way::Arm(pattern) => Some(ArmPart { pattern: pattern.to_owned(), nodes: self.parts(&block.places) }),
                    _ => None,
                });
                Kind::Router { many, decision: decision().expect(a_decision), arms: arms.collect() }
            }
            NodeKind::Ask { .. } => Kind::Ask { answer: output().unwrap_or(Value::Bool(true)) },
            NodeKind::Sleep { duration: _ } => Kind::Sleep,
        }
    }

    /// How many workflows further out the one at `outer` is than the innermost one round `id`.
    fn workflows_between(&self, id: PlaceId, outer: Option<PlaceId>) -> usize {
        let mut up = 0;
        let mut at = self.outline.place(id).parent;
        while let Some(place) = at.filter(|place| Some(*place) != outer) {
            up += usize::from(matches!(self.outline.place(place).runs, Runs::Workflow(_)));
            at = self.outline.place(place).parent;
        }
        up
    }
}
