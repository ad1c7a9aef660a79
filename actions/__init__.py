"""The custom actions of the dialogue: slots in, one call of bot.service, events out."""
