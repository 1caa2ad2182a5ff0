// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "almanac-benchmarks",
    targets: [
        .target(name: "CClients"),
        .executableTarget(
            name: "Bench", dependencies: ["CClients"],
            swiftSettings: [.enableUpcomingFeature("InternalImportsByDefault")]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu17
)
