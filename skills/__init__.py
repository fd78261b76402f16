"""What the team can do. One folder a skill; `contract.py` is the door they all come through."""
