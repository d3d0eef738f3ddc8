mod support;
use hardtack::model::compose::{ComposeFile, Project};
use support::planning::Planner;
#[test]
fn scratch() {
    let mut paths: Vec<_> =
        std::fs::read_dir("/work/shared/traps/yaml").unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        match ComposeFile::read(&name, &std::fs::read(&path).unwrap(), Default::default()) {
            Err(error) => println!("{name}: REFUSED {:?} {error}", error.position()),
            Ok(file) => {
                let project = Project::new(vec![file]);
                let plan = Planner::of("strict").plan(&project, &[]);
                let refused: Vec<String> = plan
                    .findings
                    .iter()
                    .filter_map(|f| match &f.outcome {
                        hardtack::plan::Outcome::Refused(r) => {
                            Some(format!("{} {}: {}", f.rule, r.code, r.message))
                        }
                        _ => None,
                    })
                    .collect();
                println!("{name}: {} steps {refused:?}", plan.steps.len());
                if std::env::var_os("DIFF").is_some() {
                    for file in &plan.files {
                        println!(
                            "{}",
                            similar::TextDiff::from_lines(&file.text_before, &file.text_after)
                                .unified_diff()
                                .context_radius(3)
                        );
                    }
                }
            }
        }
    }
}
