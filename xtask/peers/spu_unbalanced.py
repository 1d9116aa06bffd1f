"""SecretFlow PSI, unbalanced (ECDH-OPRF): a server's big set prepared once, a client's small set asked.

spu_unbalanced.py FOLDER PHASE, with PHASE one of GEN_CACHE, TRANSFER_CACHE, ONLINE. The folder holds
server.csv and client.csv, one column `id`. Prints one line of JSON."""

import json
import os
import secrets
import sys

import spu_party

SERVER, CLIENT = 0, 1
NAMES = {SERVER: "server", CLIENT: "client"}
MODES = {
    "GEN_CACHE": "MODE_OFFLINE_GEN_CACHE",
    "TRANSFER_CACHE": "MODE_OFFLINE_TRANSFER_CACHE",
    "ONLINE": "MODE_ONLINE",
}


def work(link, rank, folder, mode):
    import spu.psi as psi

    is_server = rank == SERVER
    name = NAMES[rank]
    config = psi.UbPsiExecuteConfig(
        mode=getattr(psi.UbPsiMode, mode),
        role=psi.UbPsiRole.ROLE_SERVER if is_server else psi.UbPsiRole.ROLE_CLIENT,
        server_receive_result=False,
        client_receive_result=True,
        cache_path=f"{folder}/{name}-cache",
        input_params=psi.InputParams(
            path=f"{folder}/{name}.csv", selected_keys=["id"], keys_unique=True
        ),
        output_params=psi.OutputParams(path=f"{folder}/{name}-out.csv", disable_alignment=True),
    )
    if is_server:
        config.server_params = psi.UbPsiServerParams(secret_key_path=f"{folder}/key")
    report = psi.ub_psi_execute(config, link)
    return getattr(report, "intersection_count", None)


def size_of(path):
    if os.path.isfile(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(at, one)) for at, _, all in os.walk(path) for one in all)


if __name__ == "__main__":
    folder, phase = sys.argv[1:]
    key = f"{folder}/key"
    if not os.path.exists(key):
        with open(key, "wb") as file:
            file.write(secrets.token_bytes(32))
    ranks = [SERVER] if phase == "GEN_CACHE" else [SERVER, CLIENT]
    result = spu_party.run(work, ranks, folder, MODES[phase])
    result["parties"] = {NAMES[rank]: one for rank, one in result["parties"].items()}
    result["set_bytes"] = size_of(f"{folder}/client-cache" if CLIENT in ranks else f"{folder}/server-cache")
    print(json.dumps(result))
