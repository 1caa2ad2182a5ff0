internal import Yams

/// Compose files as lab files.
extension LabFile {
    /// A compose file as a lab file, YAML.
    ///
    /// - Throws: for a file that is none, too.
    package static func convert(
        compose text: String, name: String, readFile: @escaping FileReader, fileSize: @escaping FileMeasure,
        variables: [String: String]
    ) throws(LabFileError) -> String {
        let root = try YAMLText.compose(text, file: name)
        guard ComposeFile.isOne(root) else {
            throw LabFileError(
                place: .file(name, line: 1, column: 1),
                message: "this is no compose file: it has no 'services'")
        }
        let lab = try lab(compose: root, name: name, readFile, fileSize, variables)
        do {
            return try Yams.serialize(node: lab, width: -1, allowUnicode: true)
        } catch {
            throw LabFileError(
                place: .file(name, line: 1, column: 1), message: "it cannot be written: \(error)")
        }
    }

    static func lab(
        compose root: Node, name: String, _ readFile: @escaping FileReader, _ fileSize: @escaping FileMeasure,
        _ variables: [String: String]
    ) throws(LabFileError) -> Node {
        // As container engines do: the folder's name, and what `.env` there says.
        let folder = variables["COMPOSE_PROJECT_NAME"] ?? "compose"
        let allowed = folder.lowercased().filter {
            $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0))
        }
        var all: [String: String] = [:]
        if let text = try? readFile(".env") {
            for (name, value) in ComposeEnvironment.read(text) { all[name] = value }
        }
        let surroundings = ComposeFile.Surroundings(
            name: allowed.first?.isLetter == true ? String(allowed.prefix(64)) : "compose",
            variables: all.merging(variables) { $1 }, readFile: readFile)
        return try ComposeFile.lab(
            root, NodeReader.Context(file: name, settings: [], fileSize: fileSize), surroundings)
    }
}
