/// A volume of a service: `[SOURCE:]TARGET[:MODE]`, or its long form.
struct ComposeVolume {
    enum Kind {
        /// A folder or file of the host.
        case bind(String)
        /// A folder of the machine that survives its commands; nil: it has no name.
        case named(String?)
        case memory(String?)
    }

    let kind: Kind
    let target: String

    /// What is no path is the name of a volume.
    static func isName(_ source: String) -> Bool {
        !source.isEmpty && !source.hasPrefix("/") && !source.hasPrefix(".") && !source.hasPrefix("~")
    }

    private static let keys = ["type", "source", "target", "read_only", "tmpfs", "bind", "volume"]

    init(_ reader: NodeReader) throws(LabFileError) {
        guard reader.isMapping else {
            self = try Self(short: reader)
            return
        }
        let keys = try reader.keys(ComposeFile.table("volume", Self.keys))
        guard let target = keys["target"] else {
            throw reader.error("\(reader.name): a volume has no 'target'")
        }
        self.target = try Self.path(target)
        let source = try keys["source"]?.string()
        switch try keys["type"]?.string() ?? (source.map(Self.isName) == false ? "bind" : "volume") {
        case "bind":
            guard let source else { throw reader.error("a bind has no 'source'") }
            kind = .bind(source)
        case "volume": kind = .named(source)
        case "tmpfs":
            let size = try keys["tmpfs"]?.keys(ComposeFile.table("tmpfs", ["size", "mode"]))["size"]
            kind = .memory(try size.map { (node) throws(LabFileError) in try node.value(ComposeText.size) })
        case let type:
            throw keys["type"]!.error(
                "a volume of the type \(quoted(type)) is not supported: bind, volume and tmpfs are")
        }
    }

    private init(short reader: NodeReader) throws(LabFileError) {
        let parts = try reader.string().split(separator: ":", omittingEmptySubsequences: false).map(
            String.init)
        guard parts.count <= 3, parts.allSatisfy({ !$0.isEmpty }) else {
            throw reader.error(
                "\(quoted(reader.text ?? "")) is not a volume: SOURCE:TARGET or SOURCE:TARGET:ro")
        }
        guard parts.count > 1 else {
            kind = .named(nil)
            target = parts[0]
            return
        }
        target = parts[1]
        guard target.hasPrefix("/") else { throw reader.error("\(quoted(target)) is not an absolute path") }
        for option in parts.count == 3 ? parts[2].split(separator: ",") : [] {
            guard ["ro", "rw", "z", "Z", "nocopy", "cached", "delegated", "consistent"].contains(option)
            else {
                throw reader.error("\(quoted(option)) is not an option of volumes")
            }
        }
        kind = Self.isName(parts[0]) ? .named(parts[0]) : .bind(parts[0])
    }

    private static func path(_ reader: NodeReader) throws(LabFileError) -> String {
        let path = try reader.string()
        guard path.hasPrefix("/") else { throw reader.error("\(quoted(path)) is not an absolute path") }
        return path
    }
}
