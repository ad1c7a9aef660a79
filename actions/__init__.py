"""The custom actions of the dialogue: slots in, effects staged on the open turn, events out.

They run in the service's world; the engine calls them over loopback (actions/server.py).
"""
