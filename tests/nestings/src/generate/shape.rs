//! The types of values, as far as nesting needs them.

use super::model::{Block, Callee, Kind, Node, OnError, Otherwise, Selector};

#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    D,
    List(Box<Ty>),
    Opt(Box<Ty>),
    Res(Box<Ty>),
    Tuple(Vec<Ty>),
}

/// One value, or one per branch.
#[derive(Clone, Debug, PartialEq)]
pub enum Shape {
    One(Ty),
    Many(Vec<(String, Shape)>),
}

impl Shape {
    pub const D: Self = Self::One(Ty::D);

    /// The types of the values, in order.
    pub fn flat(&self) -> Vec<Ty> {
        match self {
            Self::One(ty) => vec![ty.clone()],
            Self::Many(branches) => branches.iter().flat_map(|(_, shape)| shape.flat()).collect(),
        }
    }

    /// Several values where one is needed.
    pub fn as_one(&self) -> Ty {
        let mut flat = self.flat();
        if flat.len() == 1 { flat.remove(0) } else { Ty::Tuple(flat) }
    }

    pub fn is_d(&self) -> bool {
        *self == Self::D
    }
}

/// What a block gives for what it gets.
pub fn of_block(block: &Block, piped: &Shape) -> Shape {
    block.iter().fold(piped.clone(), |piped, node| of_node(node, &piped))
}

/// What the construct itself gives, whatever `on_error` makes of it.
pub fn of_kind(node: &Node, piped: &Shape) -> Shape {
    let collects = node.options.on_error == OnError::Collect;
    let result = |ty| if collects { Ty::Res(Box::new(ty)) } else { ty };
    match &node.kind {
        Kind::Call { callee: Callee::Step("split"), .. } => Shape::One(Ty::List(Box::new(Ty::D))),
        Kind::Call { .. } | Kind::Ask { .. } | Kind::Map { .. } => Shape::D,
        Kind::Sleep => piped.clone(),
        Kind::Steps(body) => of_block(body, piped),
        Kind::Parallel(branches) => Shape::Many(
            branches
                .iter()
                .map(|branch| {
                    let shape = of_node(branch, piped);
                    (branch.name.clone(), if collects { Shape::One(result(shape.as_one())) } else { shape })
                })
                .collect(),
        ),
        Kind::Each { body, .. } => {
            let Shape::One(Ty::List(item)) = piped else { panic!("`each` over {piped:?}") };
            Shape::One(Ty::List(Box::new(result(of_block(body, &Shape::One((**item).clone())).as_one()))))
        }
        Kind::Condition { then, otherwise, .. } => {
            let shape = of_block(then, piped);
            if let Otherwise::None = otherwise { Shape::One(Ty::Opt(Box::new(shape.as_one()))) } else { shape }
        }
        Kind::Loop { body, .. } => of_block(body, piped),
        Kind::Router { by: Selector::Many, .. } => piped.clone(),
        Kind::Router { arms, .. } => of_block(&arms[0].body, piped),
    }
}

/// What a node gives.
pub fn of_node(node: &Node, piped: &Shape) -> Shape {
    let shape = of_kind(node, piped);
    if node.options.on_error == OnError::None { Shape::One(Ty::Opt(Box::new(shape.as_one()))) } else { shape }
}
