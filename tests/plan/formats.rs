//! Every construct in every format.

use agno::{Overlay, Plan};
use serde_json::Value;

use crate::fixtures::{Recursive, constructs};

/// What every format of a plan must be, whatever the plan: well-formed for those who read it.
pub(crate) fn assert_well_formed(plan: &Plan) {
    is_dot(&plan.dot());
    is_svg(&plan.svg());
    is_json(&plan.json());
}

pub(crate) fn assert_overlay_well_formed(overlay: &Overlay<'_>) {
    is_dot(&overlay.dot());
    is_svg(&overlay.svg());
    is_json(&overlay.json());
}

fn is_dot(dot: &str) {
    layout::gv::DotParser::new(dot).process().unwrap_or_else(|error| panic!("{error}\n{dot}"));
}

fn is_svg(svg: &str) {
    let document = roxmltree::Document::parse(svg).unwrap_or_else(|error| panic!("{error}\n{svg}"));
    let number = |name: &str| document.root_element().attribute(name).and_then(|text| text.parse::<f64>().ok()).expect("is a number");
    let (width, height) = (number("width"), number("height"));
    for rect in document.descendants().filter(|element| element.has_tag_name("rect")) {
        let number = |name: &str| rect.attribute(name).and_then(|text| text.parse::<f64>().ok()).expect("is a number");
        let (right, bottom) = (number("x") + number("width"), number("y") + number("height"));
        assert!(number("x") >= -5.0 && number("y") >= -5.0 && right <= width && bottom <= height, "outside: {rect:?}");
    }
    assert!(!svg.contains("NaN"), "{svg}");
    are_apart(&document);
}

fn is_json(json: &Value) {
    let validator = jsonschema::validator_for(Plan::json_schema().as_value()).expect("is a schema");
    let errors: Vec<_> = validator.iter_errors(json).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{json:#}");
}

#[test]
fn text() {
    for (name, plan) in constructs() {
        insta::assert_snapshot!(format!("{name}.txt"), plan);
    }
}

#[test]
fn mermaid() {
    for (name, plan) in constructs() {
        insta::assert_snapshot!(format!("{name}.mermaid"), plan.mermaid());
    }
}

#[test]
fn dot() {
    for (name, plan) in constructs() {
        insta::assert_snapshot!(format!("{name}.dot"), plan.dot());
    }
}

#[test]
fn json() {
    for (name, plan) in constructs() {
        insta::assert_snapshot!(format!("{name}.json"), format!("{:#}", plan.json()));
    }
    insta::assert_snapshot!("schema.json", format!("{:#}", Plan::json_schema().as_value()));
}

#[test]
fn svg() {
    for (name, plan) in constructs() {
        insta::assert_snapshot!(format!("{name}.svg"), plan.svg());
    }
}

/// The schema says something: what is no plan is not valid.
#[test]
fn the_schema_refuses_what_is_no_plan() {
    let validator = jsonschema::validator_for(Plan::json_schema().as_value()).expect("is a schema");
    let plan = Recursive::PLAN.json();
    assert!(validator.is_valid(&plan));
    for (pointer, wrong) in [
        ("/version", Value::from("one")),
        ("/workflow/nodes/0/path", Value::from(1)),
        ("/workflow/nodes/0/kind", Value::from("while")),
        ("/workflow/nodes/0/decision", Value::Null),
        ("/workflow/nodes/0/nodes/0/of", Value::from(3)),
        ("/bounds/steps", Value::from(3)),
    ] {
        let mut changed = plan.clone();
        *changed.pointer_mut(pointer).unwrap_or_else(|| panic!("`{pointer}` is there")) = wrong;
        assert!(!validator.is_valid(&changed), "{pointer}");
    }
}

#[test]
fn every_format_can_be_read() {
    for (_, plan) in constructs() {
        assert_well_formed(plan);
    }
}

/// Drawing comes out the same each time: nothing depends on the order of a hash map.
#[test]
fn the_same_plan_is_drawn_the_same() {
    for (_, plan) in constructs() {
        assert_eq!((plan.svg(), plan.dot(), plan.mermaid()), (plan.svg(), plan.dot(), plan.mermaid()));
    }
}

/// Shapes and boxes stand apart, or in each other.
fn are_apart(document: &roxmltree::Document<'_>) {
    let areas: Vec<_> = document.descendants().filter(|element| element.has_tag_name("g")).filter_map(area_of).collect();
    assert!(areas.len() > 2, "a picture has shapes");
    for (index, one) in areas.iter().enumerate() {
        for other in &areas[index + 1..] {
            let apart = one.2 <= other.0 || other.2 <= one.0 || one.3 <= other.1 || other.3 <= one.1;
            let within = |a: &Area, b: &Area| a.0 <= b.0 && a.1 <= b.1 && b.2 <= a.2 && b.3 <= a.3;
            assert!(apart || within(one, other) || within(other, one), "{one:?} and {other:?} overlap");
        }
    }
}

type Area = (f64, f64, f64, f64);

/// Left, top, right, bottom of a shape or a box.
fn area_of(group: roxmltree::Node<'_, '_>) -> Option<Area> {
    let number = |element: roxmltree::Node<'_, '_>, name: &str| element.attribute(name)?.parse::<f64>().ok();
    let shape = group.children().find(|element| element.has_tag_name("rect") || element.has_tag_name("polygon"))?;
    if let Some(points) = shape.attribute("points") {
        let numbers: Vec<f64> = points.split([' ', ',']).filter_map(|text| text.parse().ok()).collect();
        return Some((numbers[6], numbers[1], numbers[2], numbers[5]));
    }
    let (x, y) = (number(shape, "x")?, number(shape, "y")?);
    Some((x, y, x + number(shape, "width")?, y + number(shape, "height")?))
}

#[test]
fn a_workflow_in_itself_is_a_reference() {
    let json = Recursive::PLAN.json();
    let again = &json["workflow"]["nodes"][0]["nodes"][0];
    assert_eq!((&again["kind"], &again["type_name"], &again["of"]), (&"recursion".into(), &"Recursive".into(), &"".into()));
    assert!(Recursive::PLAN.text().contains("Recursive  (↻ the whole workflow again)"), "{}", Recursive::PLAN);
}
