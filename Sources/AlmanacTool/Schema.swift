internal import ArgumentParser
internal import LabPlan

/// `almanac schema`: what an editor needs to complete and check lab files.
struct Schema: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of lab files, for editors.")

    func run() throws { print(LabSchema.text, terminator: "") }
}
