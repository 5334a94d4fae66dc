// The same in C++: asks one question about a set, and prints the answer and what must be done.
//
//     decide_cpp policies/quickstart view managed OFFICIAL
#include <portcullis.hpp>

#include <iostream>

int main(int argc, char **argv) {
    if (argc != 5 || !portcullis_is_compatible()) {
        std::cerr << "usage: decide_cpp SET ACTION POSTURE CLASSIFICATION\n";
        return 1;
    }
    portcullis::Options options;
    options.obligations = {"record-access", "keep-data-inside-container"};
    options.author_bench = true; // the posture is given here, not proved: never in a gateway
    options.log = [](portcullis::Level, std::string_view line) { std::clog << "log: " << line << '\n'; };
    try {
        const portcullis::Pdp pdp(argv[1], options);
        portcullis::Request request(pdp);
        request.at(std::chrono::system_clock::now());
        request.set("action", argv[2]);
        request.set("device.posture", argv[3]);
        request.set("resource.classification", argv[4]);
        request.set("resource.sensitive", false);
        request.set("subject.factors", 2);

        const bool permit = pdp.decide(request);
        std::cout << (permit ? "PERMIT" : "DENY") << "\n  " << request.explain().user << '\n';
        for (const portcullis::Obligation &obligation : request.obligations()) {
            std::cout << "  must " << obligation.name << '\n';
            for (const portcullis::Parameter &parameter : obligation.parameters)
                std::cout << "    " << parameter.name << ": " << parameter.text << '\n';
        }
        return permit ? 0 : 2;
    } catch (const portcullis::Error &error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
