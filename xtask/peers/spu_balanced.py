"""SecretFlow PSI of two sets of like size: spu_balanced.py FOLDER PROTOCOL, with PROTOCOL ECDH or RR22.

The folder holds receiver.csv and sender.csv, one column `id`. Prints one line of JSON; the receiver's
answers are in receiver-out.csv."""

import json
import sys

import spu_party

NAMES = {0: "receiver", 1: "sender"}


def work(link, rank, folder, protocol):
    import spu.psi as psi

    settings = psi.PsiProtocolConfig()
    settings.protocol = getattr(psi.PsiProtocol, f"PROTOCOL_{protocol}")
    settings.receiver_rank = 0
    settings.broadcast_result = False
    # All in one bucket: cutting a million into several costs the peer more.
    settings.bucket_size = 1 << 22
    if protocol == "ECDH":
        settings.ecdh_params = psi.EcdhParams(curve=psi.EllipticCurveType.CURVE_25519)
    config = psi.PsiExecuteConfig()
    config.protocol_conf = settings
    name = NAMES[rank]
    config.input_params = psi.InputParams(
        path=f"{folder}/{name}.csv", selected_keys=["id"], keys_unique=True
    )
    config.output_params = psi.OutputParams(path=f"{folder}/{name}-out.csv", disable_alignment=True)
    return psi.psi_execute(config, link).intersection_count


if __name__ == "__main__":
    folder, protocol = sys.argv[1:]
    result = spu_party.run(work, [0, 1], folder, protocol)
    result["parties"] = {NAMES[rank]: one for rank, one in result["parties"].items()}
    print(json.dumps(result))
