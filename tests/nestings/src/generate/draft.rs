//! A block that is being written, and the names that it may use.

use super::{
    model::{Arg, Block, Kind, Node},
    shape::{self, Shape, Ty},
};

/// A name in scope that an argument can be.
#[derive(Clone, Debug)]
pub(super) enum Visible {
    D,
    /// Those branches that are one `D`.
    Branches(Vec<String>),
    Number,
    /// Something else, which hides what is called like it outside.
    Other,
}

#[derive(Clone, Debug, Default)]
pub struct Scope(Vec<(String, Visible)>);

impl Scope {
    pub fn input() -> Self {
        Self(vec![("input".to_owned(), Visible::D)])
    }

    pub(super) fn declare(&mut self, name: &str, shape: &Shape) {
        let visible = match shape {
            Shape::One(Ty::D) => Visible::D,
            Shape::One(_) => Visible::Other,
            Shape::Many(branches) => {
                Visible::Branches(branches.iter().filter(|(_, shape)| shape.is_d()).map(|(name, _)| name.clone()).collect())
            }
        };
        self.put(name, visible);
    }

    pub(super) fn put(&mut self, name: &str, visible: Visible) {
        self.0.retain(|(other, _)| other != name);
        self.0.push((name.to_owned(), visible));
    }

    pub(super) fn ds(&self) -> Vec<String> {
        self.0.iter().filter(|(_, visible)| matches!(visible, Visible::D)).map(|(name, _)| name.clone()).collect()
    }

    /// Every argument that is a `D`.
    pub(super) fn args(&self) -> Vec<Arg> {
        let mut args = Vec::new();
        for (name, visible) in &self.0 {
            match visible {
                Visible::D => {
                    args.extend([Arg::Name(name.clone()), Arg::Name(name.clone()), Arg::Twisted(name.clone()), Arg::Place(name.clone())])
                }
                Visible::Branches(branches) => args.extend(branches.iter().map(|branch| Arg::Branch(name.clone(), branch.clone()))),
                Visible::Number | Visible::Other => {}
            }
        }
        args
    }

    pub(super) fn numbers(&self) -> Vec<Arg> {
        let bindings = self.0.iter().filter(|(_, visible)| matches!(visible, Visible::Number)).map(|(name, _)| Arg::Binding(name.clone()));
        bindings.chain(self.ds().into_iter().map(Arg::Number)).collect()
    }
}

/// A block that is being written.
#[derive(Clone, Debug)]
pub struct Draft {
    pub nodes: Block,
    pub shape: Shape,
    pub scope: Scope,
}

/// What a block has to give.
#[derive(Clone, Debug)]
pub enum Exit {
    Any,
    Same(Shape),
}

impl Draft {
    pub fn new(shape: Shape, scope: Scope) -> Self {
        Self { nodes: Vec::new(), shape, scope }
    }

    /// The next node's name. Every block begins anew, so inner names hide outer ones.
    pub fn free(&self) -> String {
        format!("x{}", self.nodes.len())
    }

    pub fn push(&mut self, node: Node) {
        self.shape = shape::of_node(&node, &self.shape);
        self.scope.declare(&node.name, &self.shape);
        self.nodes.push(node);
    }

    /// Makes what is piped one `D`.
    pub fn fit_d(&mut self) {
        if self.shape.is_d() {
            return;
        }
        let name = self.free();
        let two = self.shape.flat() == [Ty::D, Ty::D] && self.nodes.len() % 2 == 1;
        self.push(if two { Node::step(name, "join") } else { Node::new(name, Kind::Map { with: None }) });
    }

    pub fn fit_two(&mut self) {
        if self.shape.flat() == [Ty::D, Ty::D] {
            return;
        }
        self.fit_d();
        self.push(Node::new(self.free(), Kind::Parallel(vec![Node::step("x0", "s0"), Node::step("x1", "s1")])));
    }

    pub fn fit_list(&mut self) {
        if self.shape.flat() == [Ty::List(Box::new(Ty::D))] {
            return;
        }
        self.fit_d();
        self.push(Node::step(self.free(), "split"));
    }

    /// Makes what is piped what the container has to get.
    pub fn fit(&mut self, exit: &Exit) {
        match exit {
            Exit::Any => {}
            Exit::Same(shape) if shape.flat() == self.shape.flat() => {}
            Exit::Same(shape) if shape.is_d() => self.fit_d(),
            Exit::Same(shape) => {
                assert_eq!(shape.flat(), [Ty::D, Ty::D], "nothing else passes through");
                self.fit_two();
            }
        }
    }
}
